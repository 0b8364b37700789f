// Only what is asked for by name; see prim.hpp.
