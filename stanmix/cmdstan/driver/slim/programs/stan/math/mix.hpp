#include <stan/math/prim.hpp>
