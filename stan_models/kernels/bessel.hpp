// The modified Bessel functions I_0 and I_1, as concentrations of angles need them.
//
// Up to 8 they are their power series, of whose terms the 20th is 5e-16 of them. Beyond, what is left
// when the leading terms of the asymptotic series are taken off is a polynomial in 8 / kappa of
// degree 20, which interpolates it at Chebyshev's nodes to 1e-14.
//
// X is a double or a pack.
#ifndef STANMIX_BESSEL_HPP
#define STANMIX_BESSEL_HPP

#include "simd.hpp"

#include <cmath>

namespace stanmix {

constexpr double asymptotic_from = 8;

// c[0] + c[1] z + ... + c[20] z^20.
template <class X>
STANMIX_INLINE X polynomial_of_20(const X& z, const double (&c)[21]) {
  X sum = c[20] + X{};
  for (int n = 19; n >= 0; --n) sum = sum * z + c[n];
  return sum;
}

// The coefficients of (kappa / 2)^2n in I_0(kappa), and in I_1(kappa) / (kappa / 2).
struct PowerSeries {
  double of_0[21], of_1[21];
  constexpr PowerSeries() : of_0{}, of_1{} {
    double term = 1;
    for (int n = 0; n <= 20; ++n) {
      if (n > 0) term /= double(n) * n;
      of_0[n] = term;
      of_1[n] = term / (n + 1);
    }
  }
};
constexpr PowerSeries bessel_series;

// log(exp(-kappa) I_0(kappa)).
template <class X>
STANMIX_INLINE X log_bessel(const X& kappa) {
  // log(exp(-kappa) I_0(kappa) sqrt(2 pi kappa))
  constexpr double rest[] = {
      -1.2288242225998199e-16, 0.015625000000108497, 0.00097656248400220587, 0.00012715751631346513,
      2.4766137679389956e-05, 6.9589965932965145e-06, -5.1662800763746648e-06, 6.5915908066189051e-05,
      -0.00043010577804434739, 0.0021345757333738487, -0.0080734488937570532, 0.02353205997402855,
      -0.053091832659068118, 0.09266073850989355, -0.12434869700235608, 0.12673288630161839,
      -0.096065913384427201, 0.052347383316126157, -0.019349754614514249, 0.004340253625262947,
      -0.0004457804184185561};
  const double two_pi = 6.28318530717958647692;
  const auto low = kappa < asymptotic_from;
  const X near = low ? kappa : asymptotic_from + X{}, far = low ? asymptotic_from + X{} : kappa;
  const X sum = polynomial_of_20<X>(0.25 * near * near, bessel_series.of_0);
  const X of = two_pi * kappa, inside = low ? sum : of;
  const X log = logarithm(inside);
  const X below = log - kappa, beyond = polynomial_of_20<X>(8.0 / far, rest) - 0.5 * log;
  return low ? below : beyond;
}

// kappa (1 - I_1(kappa) / I_0(kappa)): minus the derivative of the same, times kappa.
template <class X>
STANMIX_INLINE X log_bessel_fall(const X& kappa) {
  constexpr double rest[] = {
      0.50000000000000189, 0.015624999998366805, 0.0019531252341259248, 0.00038145664994446892,
      9.956069149671399e-05, 2.5433414069572238e-05, 8.5566456671935849e-05, -0.00055254205665782594,
      0.0029662016409384823, -0.011010440769761624, 0.027702694954450987, -0.040777311519976475,
      0.0048086491306931342, 0.13673876968859544, -0.36697655919842043, 0.54826993323674755,
      -0.5375567542020151, 0.35385305862758137, -0.1513638945826041, 0.03815709813805649,
      -0.0043129937678201167};
  const auto low = kappa < asymptotic_from;
  const X near = low ? kappa : asymptotic_from + X{}, far = low ? asymptotic_from + X{} : kappa;
  const X z = 0.25 * near * near;
  const X ratio = 0.5 * near * polynomial_of_20<X>(z, bessel_series.of_1)
                  / polynomial_of_20<X>(z, bessel_series.of_0);
  const X below = near * (1.0 - ratio), beyond = polynomial_of_20<X>(8.0 / far, rest);
  return low ? below : beyond;
}

}  // namespace stanmix

#endif
