// The von Mises distribution of angles: mean direction mu (its predictor is tan(mu / 2)),
// concentration kappa.
//
// With eta = tan(mu / 2), and s and c the sine and the cosine of y / 2,
//   sin((y - mu) / 2) = (s - c eta) / sqrt(1 + eta^2),
// of which the log density is kappa (cos(y - mu) - 1) = -2 kappa times the square, and
//   cos((y - mu) / 2) = (c + s eta) / sqrt(1 + eta^2).
#ifndef STANMIX_FAMILIES_VON_MISES_HPP
#define STANMIX_FAMILIES_VON_MISES_HPP

#include "../bessel.hpp"
#include "../parameters.hpp"
#include "../simd.hpp"
#include "../turns.hpp"

#include <cmath>

namespace stanmix {

struct VonMises {
  using Response = double;
  static constexpr Parameter parameters[] = {{"mu", Range::real, Link::tan_half},
                                             {"kappa", Range::positive, Link::log}};

  struct Component {
    double kappa, constant, fall;
  };

  static Component component(const double* eta) {
    const double kappa = std::exp(moderate(eta[1]));
    return {kappa, -log_two_pi - log_bessel<double>(kappa), log_bessel_fall<double>(kappa)};
  }

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  // The square of the sine of half the distance, that sine times the cosine over 1 + eta^2, and
  // kappa where it varies.
  template <unsigned varying>
  static constexpr int kept = 2 + varies(varying, 1);

  template <unsigned varying, class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& y, const Pack* eta, const Component& of,
                                         Pack* kept) {
    Pack kappa = fill<Pack>(of.kappa), constant = fill<Pack>(of.constant);
    if constexpr (varies(varying, 1)) {
      kept[2] = kappa = exponential_to_709<Pack>(moderate<Pack>(eta[1]));
      constant = -log_two_pi - log_bessel<Pack>(kappa);
    }
    const Turn<Pack> half = half_turn<Pack>(y);
    const Pack sine = half.sine - half.cosine * eta[0], inverse = 1.0 / (1.0 + eta[0] * eta[0]);
    kept[0] = sine * sine * inverse;
    kept[1] = sine * inverse * ((half.cosine + half.sine * eta[0]) * inverse);
    return constant - 2.0 * kappa * kept[0];
  }

  template <unsigned varying, class Pack>
  static STANMIX_INLINE void scores(const Pack&, const Pack* kept, const Component& of,
                                    Pack* score) {
    Pack kappa = fill<Pack>(of.kappa), fall = fill<Pack>(of.fall);
    if constexpr (varies(varying, 1)) {
      kappa = kept[2];
      fall = log_bessel_fall<Pack>(kappa);
    }
    score[0] = 4.0 * kappa * kept[1];
    score[1] = fall - 2.0 * kappa * kept[0];
  }

 private:
  static constexpr double log_two_pi = 1.83787706640934548356;
};

}  // namespace stanmix

#endif
