// Only what is asked for by name: the solvers cost seconds to parse.
#include <stan/math/rev/functor/gradient.hpp>
