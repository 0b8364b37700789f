// What a program's functions look like to Stan's services, in the place of Stan's own.
//
// Stan's services ask some methods with Eigen vectors and some with std::vector, and Stan's own
// header compiles a program's density for each. Here the second kind hands a copy to the first:
// half as much to compile, and the same arithmetic on the same numbers.
#ifndef STAN_MODEL_MODEL_BASE_CRTP_HPP
#define STAN_MODEL_MODEL_BASE_CRTP_HPP

#ifdef STAN_MODEL_FVAR_VAR
#error "Second derivatives are not in the small part of Stan."
#endif

#include <stan/model/model_base.hpp>

#include <ostream>
#include <type_traits>
#include <vector>

namespace stan {
namespace model {

// Whether a program's density may leave constants out. Where it leaves none out, which a program
// shows that has no statement with a tilde, both of its densities are one: `whole.hpp` says so.
template <typename M, typename = void>
struct leaves_out_constants : std::true_type {};

template <typename M>
class model_base_crtp : public model_base {
  template <typename T>
  using Column = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  using Numbers = std::vector<double>;
  using Vars = std::vector<math::var>;
  using Integers = std::vector<int>;

  template <typename T>
  static Column<T> column(const std::vector<T>& values) {
    return Eigen::Map<const Column<T>>(values.data(), values.size());
  }

  const M& model() const { return static_cast<const M&>(*this); }

  template <bool propto, bool jacobian, typename T>
  T density(Column<T>& theta, std::ostream* messages) const {
    constexpr bool leaves_out = propto && leaves_out_constants<M>::value;
    return model().template log_prob<leaves_out, jacobian>(theta, messages);
  }

  template <bool propto, bool jacobian, typename T>
  T density(const std::vector<T>& theta, std::ostream* messages) const {
    Column<T> copy = column(theta);
    return density<propto, jacobian>(copy, messages);
  }

 public:
  explicit model_base_crtp(size_t num_params_r) : model_base(num_params_r) {}

  double log_prob(Column<double>& theta, std::ostream* messages) const override {
    return density<false, false>(theta, messages);
  }
  math::var log_prob(Column<math::var>& theta, std::ostream* messages) const override {
    return density<false, false>(theta, messages);
  }
  double log_prob(Numbers& theta, Integers&, std::ostream* messages) const override {
    return density<false, false>(theta, messages);
  }
  math::var log_prob(Vars& theta, Integers&, std::ostream* messages) const override {
    return density<false, false>(theta, messages);
  }

  double log_prob_jacobian(Column<double>& theta, std::ostream* messages) const override {
    return density<false, true>(theta, messages);
  }
  math::var log_prob_jacobian(Column<math::var>& theta, std::ostream* messages) const override {
    return density<false, true>(theta, messages);
  }
  double log_prob_jacobian(Numbers& theta, Integers&, std::ostream* messages) const override {
    return density<false, true>(theta, messages);
  }
  math::var log_prob_jacobian(Vars& theta, Integers&, std::ostream* messages) const override {
    return density<false, true>(theta, messages);
  }

  double log_prob_propto(Column<double>& theta, std::ostream* messages) const override {
    return density<true, false>(theta, messages);
  }
  math::var log_prob_propto(Column<math::var>& theta, std::ostream* messages) const override {
    return density<true, false>(theta, messages);
  }
  double log_prob_propto(Numbers& theta, Integers&, std::ostream* messages) const override {
    return density<true, false>(theta, messages);
  }
  math::var log_prob_propto(Vars& theta, Integers&, std::ostream* messages) const override {
    return density<true, false>(theta, messages);
  }

  double log_prob_propto_jacobian(Column<double>& theta, std::ostream* messages) const override {
    return density<true, true>(theta, messages);
  }
  math::var log_prob_propto_jacobian(Column<math::var>& theta,
                                     std::ostream* messages) const override {
    return density<true, true>(theta, messages);
  }
  double log_prob_propto_jacobian(Numbers& theta, Integers&,
                                  std::ostream* messages) const override {
    return density<true, true>(theta, messages);
  }
  math::var log_prob_propto_jacobian(Vars& theta, Integers&,
                                     std::ostream* messages) const override {
    return density<true, true>(theta, messages);
  }

  void write_array(stan::rng_t& rng, Column<double>& theta, Column<double>& values,
                   bool transformed = true, bool generated = true,
                   std::ostream* messages = nullptr) const override {
    model().write_array(rng, theta, values, transformed, generated, messages);
  }
  void write_array(stan::rng_t& rng, Numbers& theta, Integers&, Numbers& values,
                   bool transformed = true, bool generated = true,
                   std::ostream* messages = nullptr) const override {
    Column<double> copy = column(theta), written;
    // Where the program fails in the middle, what it wrote before is wanted all the same.
    try {
      write_array(rng, copy, written, transformed, generated, messages);
    } catch (...) {
      values.assign(written.begin(), written.end());
      throw;
    }
    values.assign(written.begin(), written.end());
  }
};

}  // namespace model
}  // namespace stan
#endif
