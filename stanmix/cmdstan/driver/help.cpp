// Help texts, made from the grammar itself.
#include "grammar.hpp"

#include <ostream>

namespace driver {

namespace {

void describe(const Argument& argument, bool all, size_t indent,
              std::ostream& out) {
  const std::string margin(indent, ' ');
  const std::string type = argument.type_name();
  out << margin << argument.name() << (type.empty() ? "" : "=" + type) << "\n"
      << margin << "  " << argument.help() << "\n";
  if (argument.kind() != Argument::Kind::group)
    out << margin << "  Valid values: " << argument.valid_values() << "\n"
        << margin << "  Defaults to "
        << (argument.value().empty() ? "\"\"" : argument.value()) << "\n";
  else if (!all && !argument.children().empty()) {
    out << margin << "  Valid subarguments:";
    for (const auto& child : argument.children())
      out << (&child == &argument.children().front() ? " " : ", ")
          << child.name();
    out << "\n";
  }
  out << "\n";
  if (all)
    for (const auto& child : argument.children())
      describe(child, all, indent + 2, out);
}

// Follows the words before "help", as far as they name groups and options.
const Argument* addressed(const Argument& root,
                          const std::vector<std::string>& path) {
  const Argument* here = &root;
  for (const auto& token : path) {
    const size_t equals = token.find('=');
    const std::string key = token.substr(0, equals);
    const Argument* next = here->find(key);
    if (next == nullptr && here == &root)
      next = root["method"].find(key);
    if (next == nullptr)
      continue;
    if (next->kind() == Argument::Kind::choice && equals != std::string::npos)
      if (const Argument* option = next->find(token.substr(equals + 1)))
        next = option;
    if (!next->is_leaf())
      here = next;
  }
  return here;
}

}  // namespace

void print_help(const Argument& root, const Help& help, std::ostream& out) {
  const Argument* here = addressed(root, help.path);
  if (here != &root) {
    if (help.all) {
      describe(*here, true, 2, out);
      return;
    }
    describe(*here, false, 2, out);
    for (const auto& child : here->children())
      describe(child, false, 4, out);
    return;
  }
  out << "Usage: <program> <arg1> <subarg1_1> ... <subarg1_m> ... <arg_n> "
         "<subarg_n_1> ... <subarg_n_m>\n\nBegin by selecting amongst the "
         "following inference methods and diagnostics,\n\n";
  for (const auto& method : root["method"].children())
    describe(method, help.all, 2, out);
  out << "Or see help information with\n\n"
         "  help\n    Prints help\n\n"
         "  help-all\n    Prints entire argument tree\n\n"
         "Additional configuration available by specifying\n\n";
  for (const auto& argument : root.children())
    if (argument.name() != "method")
      describe(argument, help.all, 2, out);
  out << "See <program> <arg1> [ help | help-all ] for details on individual "
         "arguments.\n\n";
}

}  // namespace driver
