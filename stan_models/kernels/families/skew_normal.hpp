// The skew normal distribution: location mu, scale sigma, skewness alpha.
//
// With the standardised residual z the log density is that of a normal distribution, and
// log 2 + log Phi(alpha z). Residuals whose square is no double count as impossible.
#ifndef STANMIX_FAMILIES_SKEW_NORMAL_HPP
#define STANMIX_FAMILIES_SKEW_NORMAL_HPP

#include "../mills.hpp"
#include "../parameters.hpp"

#include <cmath>

namespace stanmix {

struct SkewNormal {
  using Response = double;
  static constexpr Parameter parameters[] = {{"mu", Range::real, Link::identity},
                                             {"sigma", Range::positive, Link::log},
                                             {"alpha", Range::real, Link::identity}};

  struct Component {
    double inverse_scale, constant, alpha;
  };

  static Component component(const double* eta) {
    return {std::exp(-eta[1]), log_2 - log_sqrt_two_pi - eta[1], eta[2]};
  }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // z and the slope of log Phi at alpha z; then, where they vary, the inverse of sigma and alpha.
  template <unsigned varying>
  static constexpr int kept = 2 + varies(varying, 1) + varies(varying, 2);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), constant = fill<Pack>(of.constant);
    Pack alpha = fill<Pack>(of.alpha);
    if constexpr (varies(varying, 1)) {
      kept[2] = inverse_scale = bounded_exponential<Pack>(-eta[1]);
      constant = of.constant - eta[1];
    }
    if constexpr (varies(varying, 2)) kept[kept_alpha<varying>] = alpha = eta[2];
    const Pack z = (y - eta[0]) * inverse_scale, w = alpha * z;
    const LogPhi<Pack> log = log_phi(w);
    const auto below = w < 0.0;
    kept[0] = z;
    kept[1] = below ? log.slope - w : log.slope;
    const Pack square = below ? z * z + w * w : z * z;
    return constant + log.value - 0.5 * square;
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack inverse_scale = fill<Pack>(of.inverse_scale), alpha = fill<Pack>(of.alpha);
    if constexpr (varies(varying, 1)) inverse_scale = kept[2];
    if constexpr (varies(varying, 2)) alpha = kept[kept_alpha<varying>];
    const Pack z = kept[0], down = z - alpha * kept[1];
    score[0] = down * inverse_scale;
    score[1] = z * down - 1.0;
    score[2] = z * kept[1];
  }

 private:
  static constexpr double log_2 = 0.69314718055994530942;

  template <unsigned varying>
  static constexpr int kept_alpha = 2 + varies(varying, 1);
};

}  // namespace stanmix

#endif
