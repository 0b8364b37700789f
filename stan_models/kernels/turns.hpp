// Sines and cosines of halves of angles.
//
// X is a double or a pack.
#ifndef STANMIX_TURNS_HPP
#define STANMIX_TURNS_HPP

#include "simd.hpp"

namespace stanmix {

template <class X>
struct Turn {
  X sine, cosine;
};

// The sine and the cosine of x / 2, or, where there are odd numbers of turns in x, both with the
// other sign. Angles are reduced to half a turn in either direction, whose halves have Taylor
// polynomials of degrees 21 and 22 to 3e-16. Up to a million turns.
template <class X>
STANMIX_INLINE Turn<X> half_turn(const X& x) {
  constexpr double rounder = 0x1.8p52, inverse = 0x1.45f306dc9c883p-3;  // of 2 pi
  const X turns = (x * inverse + rounder) - rounder;
  const X half = 0.5 * ((x - turns * 0x1.921fb54400000p+2) - turns * 0x1.0b4611a626331p-32);
  const X z = half * half;
  X sine = 1 / 51090942171709440000.0 + X{};
  sine = sine * z - 1 / 121645100408832000.0;
  sine = sine * z + 1 / 355687428096000.0;
  sine = sine * z - 1 / 1307674368000.0;
  sine = sine * z + 1 / 6227020800.0;
  sine = sine * z - 1 / 39916800.0;
  sine = sine * z + 1 / 362880.0;
  sine = sine * z - 1 / 5040.0;
  sine = sine * z + 1 / 120.0;
  sine = sine * z - 1 / 6.0;
  sine = sine * z + 1.0;
  X cosine = -1 / 1124000727777607680000.0 + X{};
  cosine = cosine * z + 1 / 2432902008176640000.0;
  cosine = cosine * z - 1 / 6402373705728000.0;
  cosine = cosine * z + 1 / 20922789888000.0;
  cosine = cosine * z - 1 / 87178291200.0;
  cosine = cosine * z + 1 / 479001600.0;
  cosine = cosine * z - 1 / 3628800.0;
  cosine = cosine * z + 1 / 40320.0;
  cosine = cosine * z - 1 / 720.0;
  cosine = cosine * z + 1 / 24.0;
  cosine = cosine * z - 0.5;
  cosine = cosine * z + 1.0;
  return {half * sine, cosine};
}

}  // namespace stanmix

#endif
