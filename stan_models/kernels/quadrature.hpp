// Nodes and weights of Gauss and Legendre's rules, on the interval from 0 to 1; and how far integrals
// of tails have to go.
#ifndef STANMIX_QUADRATURE_HPP
#define STANMIX_QUADRATURE_HPP

#include "simd.hpp"

namespace stanmix {

struct Node {
  double at, weight;
};

// Of what changes little: polynomials of degree 19 exactly.
constexpr Node ten_nodes[] = {
    {0.013046735741414128, 0.03333567215434407}, {0.06746831665550773, 0.0747256745752902},
    {0.16029521585048778, 0.109543181257991}, {0.2833023029353764, 0.13463335965499826},
    {0.4255628305091844, 0.1477621123573764}, {0.5744371694908156, 0.1477621123573764},
    {0.7166976970646236, 0.13463335965499826}, {0.8397047841495122, 0.109543181257991},
    {0.9325316833444923, 0.0747256745752902}, {0.9869532642585859, 0.03333567215434407}};

// Of what falls by a factor of exp(34): to 15 digits.
constexpr Node many_nodes[] = {
    {0.0024063900014893447, 0.006170614899994345}, {0.012635722014345263, 0.01426569431446678},
    {0.0308627239986336, 0.022138719408709706}, {0.056792236497799464, 0.02964929245771818},
    {0.08999900701304853, 0.03667324070554008}, {0.12993790421072282, 0.0430950807659766},
    {0.17595317403151223, 0.04880932605205696}, {0.22728926430558022, 0.05372213505798278},
    {0.28310324618697746, 0.05775283402686276}, {0.3424786601519183, 0.06083523646390165},
    {0.40444056626319186, 0.06291872817341412}, {0.4679715535686972, 0.06396909767337601},
    {0.5320284464313028, 0.06396909767337601}, {0.5955594337368082, 0.06291872817341412},
    {0.6575213398480817, 0.06083523646390165}, {0.7168967538130225, 0.05775283402686276},
    {0.7727107356944198, 0.05372213505798278}, {0.8240468259684878, 0.04880932605205696},
    {0.8700620957892772, 0.0430950807659766}, {0.9100009929869515, 0.03667324070554008},
    {0.9432077635022005, 0.02964929245771818}, {0.9691372760013663, 0.022138719408709706},
    {0.9873642779856547, 0.01426569431446678}, {0.9975936099985107, 0.006170614899994345}};

// The fall of a log density beyond which nothing is of consequence.
constexpr double deepest = 34;

template <class Pack>
STANMIX_INLINE Pack square_root(const Pack& x) {
  return exponential_to_709<Pack>(0.5 * logarithm(x));
}

// Where a fall that begins with `slope` and bends by `curvature` is the deepest.
template <class Pack>
STANMIX_INLINE Pack deepest_at(const Pack& slope, const Pack& curvature) {
  return 2.0 * deepest / (slope + square_root<Pack>(slope * slope + 2.0 * deepest * curvature));
}

// exp(x) - 1 - x, with all digits near 0.
template <class Pack>
STANMIX_INLINE Pack exponential_excess(const Pack& x) {
  Pack series{};
  for (int n = 14; n > 2; --n) series = (1.0 + series) * x / n;
  const auto near = (x < 0.5) & (x > -0.5);
  return near ? 0.5 * x * x * (1.0 + series) : exponential_to_709<Pack>(x) - 1.0 - x;
}

}  // namespace stanmix

#endif
