// The tail of the standard normal distribution beside its density (Mills' ratio).
#ifndef STANMIX_MILLS_HPP
#define STANMIX_MILLS_HPP

#include "quadrature.hpp"
#include "simd.hpp"

namespace stanmix {

constexpr double log_sqrt_two_pi = 0.91893853320467274178;

// Of x that are not negative.
template <class Pack>
struct Mills {
  Pack ratio;  // R(x) = Phi(-x) / phi(x), about 1 / x far out
  Pack rest;   // 1 - x R(x), about 1 / x^2 far out
};

// R(x) (x + 5) and (1 - x R(x)) (x + 5)^2 are smooth in t = (x - 5) / (x + 5), which lies between
// -1 and 1: their Chebyshev series, as polynomials, have relative errors of 1e-15.
template <class Pack>
STANMIX_INLINE Mills<Pack> mills(const Pack& any) {
  const Pack x = smaller(any, 1e200);
  const Pack inverse = 1.0 / (x + 5.0), t = (x - 5.0) * inverse;
  constexpr double of_ratio[] = {
      3.1256054471604125e-10, -3.336850487923168e-10, -3.84418406496492e-09,
      3.1868668438665133e-09, 2.8172011975443032e-08, -1.7398124277679196e-08,
      -1.7641239689771904e-07, 9.668428357216325e-08, 1.0936633523593942e-06,
      -8.360675980181407e-07, -6.945033138491628e-06, 9.974780085542733e-06,
      4.181458586632463e-05, -0.00012473565818721082, -0.00014883305232339802,
      0.0013658591609424361, -0.001999961974984366, -0.007503282820678759,
      0.0521255024122788, -0.17325473408715042, 0.4136447157326838,
      -0.7859110755465453, 1.2415470615738664, -1.66786659518896,
      1.9280810471531578};
  constexpr double of_rest[] = {
      3.189283190569899e-09, 5.160795473541433e-09, -3.4116305113082664e-08,
      -6.548547304190219e-08, 2.0220257493522278e-07, 4.863822108039151e-07,
      -9.811979432322303e-07, -2.966133990218284e-06, 4.98087425378472e-06,
      1.6898429943174243e-05, -3.091596919156611e-05, -9.16043545713771e-05,
      0.00023689408236884961, 0.00041390545016441464, -0.001998607524215027,
      -0.0002650681860970295, 0.015146922946123352, -0.03029239074438183,
      -0.04402656685276492, 0.4174014966813597, -1.3522814189914838,
      2.9344972490966383, -4.798223165117048, 6.082374411361284,
      -5.818827313525652, 3.5959476423421175};
  Pack ratio{}, rest{};
  for (double coefficient : of_ratio) ratio = ratio * t + coefficient;
  for (double coefficient : of_rest) rest = rest * t + coefficient;
  return {ratio * inverse, rest * inverse * inverse};
}

// By how much R(x) falls from x to x + gap, both not negative. Where that is a small part of R(x) it
// is the integral of its slope, 1 - x R(x), and otherwise the difference.
template <class Pack>
STANMIX_INLINE Pack mills_fall(const Pack& x, const Pack& gap) {
  const auto far = gap > 0.5 * (x + 1.0);
  const Pack step = far ? Pack{} : gap;
  Pack near{};
  for (const Node& node : ten_nodes) near += node.weight * mills<Pack>(x + node.at * step).rest;
  return far ? mills(x).ratio - mills<Pack>(x + gap).ratio : step * near;
}

// log Phi(u) and its slope h(u) = phi(u) / Phi(u). Below 0 the former is without -u^2 / 2, and the
// latter without -u: what is left keeps its digits.
template <class Pack>
struct LogPhi {
  Pack value, slope;
};

template <class Pack>
STANMIX_INLINE LogPhi<Pack> log_phi(const Pack& u) {
  const auto below = u < 0.0;
  const Pack x = below ? -u : u;
  const Mills<Pack> of = mills(x);
  const Pack density = exponential_to_709<Pack>(-0.5 * x * x - log_sqrt_two_pi);
  const Pack tail = of.ratio * density;
  const Pack part = below ? of.ratio - 1.0 : -tail;
  const Pack log = logarithm<Pack>(below ? of.ratio : 1.0 - tail, part).value;
  const Pack above = density / (1.0 - tail);
  return {below ? log - log_sqrt_two_pi : log, below ? of.rest / of.ratio : above};
}

}  // namespace stanmix

#endif
