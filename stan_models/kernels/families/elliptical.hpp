// Distributions of mu + L Z of all columns of a row together, where the density of Z depends on the
// length of Z alone, and L L' is the covariance of a normal distribution, or a scale matrix.
//
// With z = L^-1 (y - mu), by forward substitution, and the square q of its length the log density is
// radial(q) - log det L. With the stretch s = -2 radial'(q) of a row its derivatives are
//   in mu  L^-T s z
//   in L   the lower triangle of L^-T (s z z' - 1)
// so that both follow from sums over the rows of s z and of s z z', weighted by shares.
#ifndef STANMIX_FAMILIES_ELLIPTICAL_HPP
#define STANMIX_FAMILIES_ELLIPTICAL_HPP

#include "../parameters.hpp"
#include "../simd.hpp"

#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace stanmix {

template <class Radial>
struct Elliptical {
  using Response = double;
  static constexpr bool joint = true;
  static constexpr const auto& parameters = Radial::parameters;  // mu, L_Sigma, and its own

  static constexpr bool has_data_term = false;
  static double data_term(double) { return 0; }

  struct Component {
    int D;
    const double* mu;
    const double* L;  // the lower triangle, row after row
    std::vector<double> inverse;  // of its diagonal
    typename Radial::Component radial;
    double constant;  // of the log density
    // Packs of what is gathered: shares; scores of the radial's parameter; s z; the lower triangle
    // of s z z'.
    std::vector<double> sums;

    const double* row(int d) const { return L + d * (d + 1) / 2; }
  };

  // `values`: what the component has of each parameter.
  static Component component(const double* const* values, int D) {
    Component of{D, values[0], values[1], std::vector<double>(D), Radial::component(values + 2, D),
                 0, std::vector<double>((first + D + D * (D + 1) / 2) * widest)};
    of.constant = of.radial.constant;
    for (int d = 0; d < D; ++d) {
      of.inverse[d] = 1 / of.row(d)[d];
      of.constant -= std::log(of.row(d)[d]);
    }
    return of;
  }

  // How many numbers of a row are kept for the gradient: those of the radial, and z.
  static int kept(int D) { return Radial::kept + D; }

  template <class Pack, class Rows>
  static STANMIX_INLINE void log_densities(const Rows& rows, int width, int stride,
                                           const Component& of, double* density, double* kept) {
    int i = 0;
    for (; i + together * lanes<Pack> <= width; i += together * lanes<Pack>)
      solve<Pack, together>(rows, i, stride, of, density, kept);
    for (; i < width; i += lanes<Pack>) solve<Pack, 1>(rows, i, stride, of, density, kept);
  }

  // Adds what the rows of a block have a part in. Their shares are `term` times `inverse`; `work` is
  // for two numbers of each row.
  template <class Pack>
  static STANMIX_INLINE void add_rows(int width, int stride, const double* term,
                                      const double* inverse, const double* kept, double* work,
                                      Component& of) {
    const int D = of.D;
    double* const stretched = work;
    double* const weighted = work + stride;
    Pack shares{}, scores{};
    for (int i = 0; i < width; i += lanes<Pack>) {
      Pack keep[Radial::kept + 1], score{};
      if constexpr (Radial::kept > 0)
        for (int q = 0; q < Radial::kept; ++q) keep[q] = load<Pack>(kept + q * stride + i);
      const Pack share = load<Pack>(term + i) * load<Pack>(inverse + i);
      const auto none = share == 0.0;
      const Pack stretch = Radial::template stretch<Pack>(keep, of.radial, score);
      const Pack part = share * stretch, scored = share * score;
      store(stretched + i, none ? Pack{} : part);
      shares += share;
      scores += none ? Pack{} : scored;
    }
    add<Pack>(shares, of.sums.data());
    add<Pack>(scores, of.sums.data() + widest);
    const double* const z = kept + Radial::kept * stride;
    double* const means = of.sums.data() + first * widest;
    double* products = means + D * widest;
    for (int d = 0; d < D; ++d) {
      Pack mean{};
      for (int i = 0; i < width; i += lanes<Pack>) {
        const Pack part = load<Pack>(stretched + i) * load<Pack>(z + d * stride + i);
        store(weighted + i, part);
        mean += part;
      }
      add<Pack>(mean, means + d * widest);
      int j = 0;
      for (; j + 3 <= d; j += 4)
        add_products<Pack, 4>(z + j * stride, stride, weighted, width, products + j * widest);
      for (; j <= d; ++j)
        add_products<Pack, 1>(z + j * stride, stride, weighted, width, products + j * widest);
      products += (d + 1) * widest;
    }
  }

  // Adds the derivatives in each parameter of the component, by what was gathered.
  static void add_gradient(const Component& of, double* const* gradient) {
    const int D = of.D;
    const auto gathered = [&](int place) {
      const double* const pack = of.sums.data() + static_cast<std::ptrdiff_t>(place) * widest;
      return std::accumulate(pack, pack + widest, 0.0);
    };
    // Solves L' x = b for what of x stands from `from` on.
    std::vector<double> x(D);
    const auto solve_transposed = [&](int from) {
      for (int i = D - 1; i >= from; --i) {
        for (int j = i + 1; j < D; ++j) x[i] -= of.row(j)[i] * x[j];
        x[i] *= of.inverse[i];
      }
    };
    for (int d = 0; d < D; ++d) x[d] = gathered(first + d);
    solve_transposed(0);
    for (int d = 0; d < D; ++d) gradient[0][d] += x[d];
    for (int c = 0; c < D; ++c) {  // a column of the triangle after another
      for (int d = c; d < D; ++d) x[d] = gathered(first + D + d * (d + 1) / 2 + c);
      x[c] -= gathered(0);
      solve_transposed(c);
      for (int d = c; d < D; ++d) gradient[1][d * (d + 1) / 2 + c] += x[d];
    }
    if constexpr (Radial::own > 0) gradient[2][0] += gathered(1) + gathered(0) * of.radial.slope;
  }

 private:
  static constexpr int together = 4;  // packs, whose additions do not wait for one another
  static constexpr int widest = 8;    // numbers of a pack
  static constexpr int first = 2;     // sums before those of z

  template <class Pack, int packs, class Rows>
  static STANMIX_INLINE void solve(const Rows& rows, int i, int stride, const Component& of,
                                   double* density, double* kept) {
    constexpr double farthest = 1e155;  // whose square is infinite, as no product with it is
    constexpr int step = lanes<Pack>;
    double* const z = kept + Radial::kept * stride + i;
    Pack squares[packs]{};
    for (int d = 0; d < of.D; ++d) {
      const double* const y = rows.y.column(d) + i;
      const double* const L = of.row(d);
      const double mu = of.mu[d], inverse = of.inverse[d];
      Pack left[packs];
      for (int t = 0; t < packs; ++t) {
        left[t] = load<Pack>(y + t * step) - mu;
        if (rows.offset) left[t] -= load<Pack>(rows.offset + i + t * step);
      }
      for (int j = 0; j < d; ++j)
        for (int t = 0; t < packs; ++t) left[t] -= L[j] * load<Pack>(z + j * stride + t * step);
      for (int t = 0; t < packs; ++t) {
        const Pack one = left[t] * inverse;
        const Pack above = one < -farthest ? fill<Pack>(-farthest) : one;  // NaN stays NaN
        const Pack within = above > farthest ? fill<Pack>(farthest) : above;
        store(z + d * stride + t * step, within);
        squares[t] += within * within;
      }
    }
    for (int t = 0; t < packs; ++t) {
      Pack keep[Radial::kept + 1];
      const Pack log = Radial::template log_density<Pack>(squares[t], of.radial, keep);
      store(density + i + t * step, of.constant + log);
      if constexpr (Radial::kept > 0)
        for (int q = 0; q < Radial::kept; ++q) store(kept + q * stride + i + t * step, keep[q]);
    }
  }

  template <class Pack>
  static STANMIX_INLINE void add(const Pack& more, double* to) {
    store(to, load<Pack>(to) + more);
  }

  // Adds the products of `weighted` with some columns of z to as many sums.
  template <class Pack, int columns>
  static STANMIX_INLINE void add_products(const double* z, int stride, const double* weighted,
                                          int width, double* sums) {
    Pack found[columns]{};
    for (int i = 0; i < width; i += lanes<Pack>) {
      const Pack one = load<Pack>(weighted + i);
      for (int c = 0; c < columns; ++c) found[c] += one * load<Pack>(z + c * stride + i);
    }
    for (int c = 0; c < columns; ++c) add<Pack>(found[c], sums + c * widest);
  }
};

}  // namespace stanmix

#endif
