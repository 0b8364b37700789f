// CmdStan's command-line grammar.
#ifndef STANMIX_DRIVER_GRAMMAR_HPP
#define STANMIX_DRIVER_GRAMMAR_HPP

#include "arguments.hpp"

namespace driver {

// The tree with every argument at its default.
Argument grammar();

// A request for help, in the place of a run: `group` is what to explain.
struct Help {
  bool asked = false;
  bool all = false;
  std::vector<std::string> path;
};

// Reads the command line into `root`. Throws UsageError where it does not fit.
Help read_command_line(Argument& root, const std::vector<std::string>& tokens);

// Explains the argument at the end of `help.path`, or the whole grammar.
void print_help(const Argument& root, const Help& help, std::ostream& out);

}  // namespace driver
#endif
