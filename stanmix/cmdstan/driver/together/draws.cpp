// Commands that draw or evaluate, once.
#include "driver/sample.cpp"
#include "driver/fixed_param.cpp"
#include "driver/generate_quantities.cpp"
#include "driver/diagnose.cpp"
#include "driver/log_prob.cpp"
