// The beta distribution: mean mu (logit link), precision phi = a + b.
//
// With a = mu phi and b = (1 - mu) phi, y / mu = 1 + u and (1 - y) / (1 - mu) = 1 + v, where
// a u + b v = 0. By what log gamma falls short of x log x - x, the deficit D, the log density is
//   D(a) + D(b) - D(phi) + a (log(1 + u) - u) + b (log(1 + v) - v) - log y - log(1 - y),
// in which nothing large cancels.
#ifndef STANMIX_FAMILIES_BETA_HPP
#define STANMIX_FAMILIES_BETA_HPP

#include "../gamma.hpp"
#include "../logit.hpp"
#include "../parameters.hpp"
#include "../quadrature.hpp"
#include "../simd.hpp"
#include "../tails.hpp"

#include <cmath>

namespace stanmix {

struct Beta {
  using Response = double;
  static constexpr Range support = Range::fraction;
  static constexpr Parameter parameters[] = {{"mu", Range::fraction, Link::logit},
                                             {"phi", Range::positive, Link::log}};

  struct Component {
    double phi, deficit, deficit_slope;
  };

  static Component component(const double* eta) {
    const double phi = std::exp(moderate(eta[1]));
    return {phi, log_gamma_deficit<double>(phi), log_gamma_deficit_slope<double>(phi)};
  }

  static constexpr bool has_data_term = true;
  template <class Pack>
  static STANMIX_INLINE Pack data_term(const Pack& y) {
    return -logarithm(y) - logarithm<Pack>(1.0 - y, -y).value;
  }

  // a, b, log(1 + u) - log(1 + v), and what the log density has of u and v.
  template <unsigned varying>
  static constexpr int kept = 4;

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack phi = fill<Pack>(of.phi), deficit = fill<Pack>(of.deficit);
    if constexpr (varies(varying, 1)) {
      phi = exponential_to_709<Pack>(moderate<Pack>(eta[1]));
      deficit = log_gamma_deficit<Pack>(phi);
    }
    const Chance<Pack> mu = chance<Pack>(moderate<Pack>(eta[0]));
    const Pack beyond = 1.0 - y, gap = mu.of < 0.5 ? y - mu.of : mu.rest - beyond;
    const Logarithm<Pack> up = logarithm<Pack>(y / mu.of, gap / mu.of);
    const Logarithm<Pack> down = logarithm<Pack>(beyond / mu.rest, -gap / mu.rest);
    const Pack a = phi * mu.of, b = phi * mu.rest;
    kept[0] = a;
    kept[1] = b;
    kept[2] = up.value - down.value;
    kept[3] = a * up.excess + b * down.excess;
    return log_gamma_deficit<Pack>(a) + log_gamma_deficit<Pack>(b) - deficit + kept[3];
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    const Pack a = kept[0], b = kept[1], phi = a + b;
    Pack slope = fill<Pack>(of.deficit_slope);
    if constexpr (varies(varying, 1)) slope = log_gamma_deficit_slope<Pack>(phi);
    const Pack slope_a = log_gamma_deficit_slope<Pack>(a);
    const Pack slope_b = log_gamma_deficit_slope<Pack>(b);
    score[0] = a * (b / phi) * (slope_a - slope_b + kept[2]);
    score[1] = a * slope_a + b * slope_b - phi * slope + kept[3];
  }

  // The probability beyond a response, on its side of the mean, over the density of its logit: as
  // the integral of exp(-fall), by a series, or by one of what lies on the other side. Here p is
  // y, of a power a, or 1 - y where that is the one that falls outward; q, of b, is the other.
  template <unsigned varying, class Pack>
  static STANMIX_INLINE Sides<2, Pack> sides(const Pack& y, const Pack* eta, const Component& of) {
    Pack kept_here[kept<varying>], score[2];
    const Pack density = log_density<varying>(y, eta, of, kept_here);
    scores<varying>(y, kept_here, of, score);
    const Pack phi = kept_here[0] + kept_here[1], rest = 1.0 - y;
    const Chance<Pack> mu = chance<Pack>(moderate<Pack>(eta[0]));
    const auto upper = mu.of < 0.5 ? y > mu.of : rest < mu.rest;
    const Pack p = upper ? rest : y, q = upper ? y : rest;
    const Pack a = upper ? kept_here[1] : kept_here[0], b = upper ? kept_here[0] : kept_here[1];
    const Pack away = mu.of < 0.5 ? y - mu.of : mu.rest - rest;  // of the mean
    const Pack steep = phi * larger<Pack>(away, -away), turn = a * (b / phi);

    const auto outward = (a < 5.0) & (p <= 0.5);
    const auto inward = (outward == 0) & (q < 0.5) & (phi * q < 5.0);
    const auto by_series = outward | inward;
    Pack ratio = fill<Pack>(1.0), of_mean{}, of_phi{};  // the latter beside the scores
    if (any(by_series)) {
      Pack in_mean, in_phi;
      const Pack own = inward ? b : a;
      const Pack found = series<Pack>(by_series ? own : fill<Pack>(1.0), phi,
                                      by_series ? (inward ? q : p) : Pack{}, turn, in_mean, in_phi);
      ratio = by_series ? found : ratio;
      of_mean = by_series ? (inward ? -in_mean : in_mean) : of_mean;
      of_phi = by_series ? in_phi : of_phi;
    }
    if (!all(by_series)) {
      Pack step, fall;
      const Pack found = integral<Pack>(a, b, steep, p, q, step, fall);
      ratio = by_series ? ratio : found;
      of_mean = by_series ? of_mean : -turn * step;
      of_phi = by_series ? of_phi : -fall;
    }
    const auto above = inward ? upper == 0 : upper;
    const Pack slope[] = {score[0] + (upper ? -of_mean : of_mean), score[1] + of_phi};
    return sides_by<2>(above, density + logarithm(ratio), slope);
  }

 private:
  // Of what lies beyond p: 1 / a + (a + b) p / (a (a + 1)) + ..., and the slopes of its logarithm in
  // the logit of a / (a + b) and in the logarithm of phi = a + b.
  template <class Pack>
  static STANMIX_INLINE Pack series(const Pack& a, const Pack& phi, const Pack& p,
                                    const Pack& turn, Pack& of_mean, Pack& of_phi) {
    Pack term = fill<Pack>(1.0), sum = term, sum_a{}, sum_phi{};
    Pack lift_a{}, lift_phi{};
    for (int n = 1; n < 80; ++n) {
      const Pack inverse = 1.0 / (a + n), step = phi + (n - 1.0);
      term *= step * inverse * p;
      lift_a += inverse;
      lift_phi += ((phi - a) * n + a) * inverse / step;
      sum += term;
      sum_a += term * lift_a;
      sum_phi += term * lift_phi;
      if (all(term < 1e-17 * sum)) break;
    }
    of_mean = -turn * (1.0 / a + sum_a / sum);
    of_phi = sum_phi / sum - 1.0;
    return sum / a;
  }

  // Of v outward from the logit the fall is steep v and what p q v^2 / 2 begins, times phi. `step`
  // and `mean` are the means of v and of the fall.
  template <class Pack>
  static STANMIX_INLINE Pack integral(const Pack& a, const Pack& b, const Pack& steep,
                                      const Pack& p, const Pack& q, Pack& step, Pack& mean) {
    const Pack phi = a + b;
    const Pack near = deepest_at<Pack>(steep, (2 / 3.0) * phi * p * q);
    // From above, by what the fall is of the power of p alone and of that of q alone.
    Pack length = (deepest - phi * logarithm<Pack>(q, -p).value) / a;
    for (int i = 0; i < 3; ++i) {
      const Pack gone = p * (1.0 - exponential_to_709<Pack>(-length));
      length = (deepest - phi * logarithm<Pack>(1.0 - gone, -gone).value) / a;
      const Pack part = smaller<Pack>((deepest + b * length) / phi, 500);
      const Pack grown = (exponential_excess<Pack>(part) + part) / q;
      const Pack other = logarithm<Pack>(1.0 + grown, grown).value;
      length = other < length ? other : length;
    }
    length = near < 1.0 ? (near < length ? near : length) : length;
    const auto low = p < 0.5;
    const Pack base = low ? p : q;
    Pack sum{}, falls{}, steps{};
    for (const Node& node : many_nodes) {
      const Pack v = node.at * length, outward = low ? -v : v;
      const Pack excess = exponential_excess<Pack>(outward), more = base * (excess + outward);
      const Pack bend = base * excess + logarithm<Pack>(1.0 + more, more).excess;
      const Pack fall = steep * v + phi * bend;
      const Pack part = node.weight * exponential_to_709<Pack>(-fall);
      sum += part;
      falls += part * fall;
      steps += part * v;
    }
    mean = falls / sum;
    step = steps / sum;
    return length * sum;
  }
};

}  // namespace stanmix

#endif
