// Only what is asked for by name: the solvers cost seconds to parse.
#include <stan/math/prim/functor/apply.hpp>
#include <stan/math/prim/functor/for_each.hpp>
