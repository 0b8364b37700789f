// What every program begins with, in its small form: see programs/stan/math/prim.hpp.
#include <stan/model/model_header.hpp>
