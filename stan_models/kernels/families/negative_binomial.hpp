// The negative binomial distribution: mean mu (log link), variance mu + mu^2 / phi.
//
// With n = y + phi the log probability is
//   log gamma(n) - log gamma(phi) - log y! + y log(mu / phi) - n log(1 + mu / phi).
// Where phi is large it is nearly a Poisson's: the difference of the log gammas nearly cancels
// with logarithms. With a = phi and b = n, or both moved up by 8 where phi is small, it has the
// part n log(b / a), which joins the last term exactly:
//   n log(1 + u),  1 + u = (b / a) / (1 + mu / phi),  u near 0 where phi is large.
// What else there is of the log gammas is small, or does not cancel, and 0 for y = 0. Likewise the
// derivative has log(1 + u) - u and differences of the rest of the digamma functions.
#ifndef STANMIX_FAMILIES_NEGATIVE_BINOMIAL_HPP
#define STANMIX_FAMILIES_NEGATIVE_BINOMIAL_HPP

#include "../gamma.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"

namespace stanmix {

struct NegativeBinomial {
  using Response = int;
  static constexpr Parameter parameters[] = {{"mu", Range::positive, Link::log},
                                             {"phi", Range::positive, Link::log}};

  // What follows from phi alone.
  template <class X>
  struct Size {
    X phi;
    X from, inverse_from;            // a
    X share, log_share;              // phi / a
    X inverse_bend, log_remainder;   // of log gamma(phi)
    X reciprocals, slope_remainder;  // of digamma(phi)
  };

  using Component = Size<double>;

  static Component component(const double* eta) { return size(bounded_exponential(eta[1])); }

  static constexpr bool has_data_term = true;
  static double data_term(int y) { return -log_factorial(y); }

  // mu, 1 / (phi + mu) and log(1 + u) - u; then phi where it varies.
  template <unsigned varying>
  static constexpr int kept = 3 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    if constexpr (varies(varying, 1)) {
      kept[3] = bounded_exponential(eta[1]);
      return log_density_given(size(kept[3]), y, eta[0], kept);
    } else {
      return log_density_given(of, y, eta[0], kept);
    }
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack& y, const Pack* kept, const Component& of,
                                    Pack* score) {
    if constexpr (varies(varying, 1))
      scores_given(size(kept[3]), y, kept, score);
    else
      scores_given(of, y, kept, score);
  }

 private:
  template <class X>
  static STANMIX_INLINE Size<X> size(const X& phi) {
    const auto low = phi < series_from;
    const X moved = phi + 8.0, from = low ? moved : phi, inverse = 1.0 / from;
    const X part = phi * inverse, reciprocals = sum_of_reciprocals<X>(phi);
    const X share = low ? part : 1.0 + X{};
    return {phi,
            from,
            inverse,
            share,
            logarithm(share),
            1.0 / bend<X>(phi, from, low),
            log_gamma_remainder<X>(inverse),
            low ? reciprocals : X{},
            digamma_remainder<X>(inverse)};
  }

  // Moved up to b or not, log gamma of x is x log b - b, constants, the remainder, and -1/2 of the
  // log of this: of b, or of b (x (x + 1) ... (x + 7) / b^8)^2.
  template <class X, class Low>
  static STANMIX_INLINE X bend(const X& x, const X& b, const Low& low) {
    const X product = x * product_above<X>(x);
    const X second = b * b, fourth = second * second, eighth = fourth * fourth;
    const X lifted = product * product / (eighth * fourth * second * b);
    return low ? lifted : b;
  }

  template <class Pack, class X>
  static STANMIX_INLINE Pack log_density_given(const Size<X>& of, const Pack& y,
                                               const Pack& eta, Pack* kept) {
    const auto low = of.phi < series_from;
    // Means beyond exp(600) are far above phi: log(1 + mu / phi) goes on as log mu does.
    const Pack bounded = smaller(eta, 600), beyond = eta - bounded;
    const Pack mu = exponential_to_709(bounded);
    const Pack n = y + of.phi, b = y + of.from, inverse_b = 1.0 / b;
    const Pack inverse = 1.0 / (of.phi + mu);
    const Logarithm<Pack> log =
        logarithm<Pack>(of.share * b * inverse, (y * of.share - mu) * inverse);
    const Pack bends = bend<Pack>(n, b, low) * of.inverse_bend;
    const Pack remainders = log_gamma_remainder<Pack>(inverse_b) - of.log_remainder;
    const Pack gamma = y == 0.0 ? Pack{} : remainders - 0.5 * logarithm<Pack>(bends);
    kept[0] = mu;
    kept[1] = inverse;
    kept[2] = log.excess - beyond;
    return y * (eta - (of.log_share + 1.0)) + n * (log.value - beyond) + gamma;
  }

  template <class Pack, class X>
  static STANMIX_INLINE void scores_given(const Size<X>& of, const Pack& y, const Pack* kept,
                                          Pack* score) {
    const auto low = of.phi < series_from;
    const Pack n = y + of.phi, inverse_b = 1.0 / (y + of.from);
    const Pack moved =
        of.reciprocals - sum_of_reciprocals<Pack>(n) - 8.0 * y * of.inverse_from * kept[1];
    const Pack remainders = digamma_remainder<Pack>(inverse_b) - of.slope_remainder;
    const Pack gamma = 0.5 * y * of.inverse_from * inverse_b + remainders + (low ? moved : Pack{});
    score[0] = of.phi * kept[1] * (y - kept[0]);
    score[1] = of.phi * (kept[2] + (y == 0.0 ? Pack{} : gamma));
  }
};

}  // namespace stanmix

#endif
