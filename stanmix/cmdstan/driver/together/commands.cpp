// The command line: words in, words out.
#include "driver/main.cpp"
#include "driver/output.cpp"
#include "driver/grammar.cpp"
#include "driver/configuration.cpp"
#include "driver/arguments.cpp"
#include "driver/help.cpp"
