// Included after program.hpp with a program whose density leaves no constant out, whatever Stan's
// services ask for: half as many densities to compile.
#ifndef STANMIX_SLIM_WHOLE_HPP
#define STANMIX_SLIM_WHOLE_HPP

namespace stan {
namespace model {

template <typename M>
struct leaves_out_constants<M, void> : std::false_type {};

}  // namespace model
}  // namespace stan
#endif
