// The multivariate normal distribution: mean mu, Cholesky factor L_Sigma of the covariance.
#ifndef STANMIX_FAMILIES_MULTI_NORMAL_CHOLESKY_HPP
#define STANMIX_FAMILIES_MULTI_NORMAL_CHOLESKY_HPP

#include "elliptical.hpp"

namespace stanmix {

struct RadialNormal {
  static constexpr Parameter parameters[] = {
      {"mu", Range::real, Link::identity},
      {"L_Sigma", Range::real, Link::identity, Extent::lower_triangle}};
  static constexpr int own = 0, kept = 0;

  struct Component {
    double constant;
  };

  static Component component(const double* const*, int D) {
    const double log_sqrt_two_pi = 0.91893853320467274178;
    return {-D * log_sqrt_two_pi};
  }

  template <class Pack>
  static STANMIX_INLINE Pack log_density(const Pack& squares, const Component&, Pack*) {
    return -0.5 * squares;
  }

  template <class Pack>
  static STANMIX_INLINE Pack stretch(const Pack*, const Component&, Pack&) {
    return fill<Pack>(1);
  }
};

using MultiNormalCholesky = Elliptical<RadialNormal>;

}  // namespace stanmix

#endif
