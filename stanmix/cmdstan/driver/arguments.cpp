#include "arguments.hpp"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace driver {

namespace {

std::string joined(const std::vector<std::string>& words,
                   const std::string& separator) {
  std::string all;
  for (const auto& word : words)
    all += (all.empty() ? "" : separator) + word;
  return all;
}

bool parse_integer(const std::string& text, long long& number) {
  char* end = nullptr;
  errno = 0;
  number = std::strtoll(text.c_str(), &end, 10);
  return !text.empty() && !std::isspace(static_cast<unsigned char>(text[0]))
         && *end == '\0' && errno == 0;
}

bool parse_real(const std::string& text, double& number) {
  char* end = nullptr;
  number = std::strtod(text.c_str(), &end);
  return !text.empty() && !std::isspace(static_cast<unsigned char>(text[0]))
         && *end == '\0' && !std::isnan(number);
}

}  // namespace

std::string shortest(double value) {
  char digits[40];
  for (int precision = 1; precision <= 17; ++precision) {
    std::snprintf(digits, sizeof digits, "%.*g", precision, value);
    if (std::strtod(digits, nullptr) == value)
      break;
  }
  // 1e+01 and the like read better written out.
  if (std::fabs(value) < 1e7 && value == std::floor(value))
    std::snprintf(digits, sizeof digits, "%.0f", value);
  return digits;
}

Argument Argument::group(std::string name, std::string help,
                         std::vector<Argument> children) {
  Argument a(Kind::group, std::move(name), std::move(help), "");
  a.children_ = std::move(children);
  return a;
}

Argument Argument::choice(std::string name, std::string help,
                          std::string chosen, std::vector<Argument> options) {
  Argument a(Kind::choice, std::move(name), std::move(help),
             std::move(chosen));
  a.children_ = std::move(options);
  return a;
}

Argument Argument::integer(std::string name, std::string help, long long value,
                           Validity validity) {
  Argument a(Kind::integer, std::move(name), std::move(help),
             std::to_string(value));
  a.validity_ = std::move(validity);
  return a;
}

Argument Argument::real(std::string name, std::string help, double value,
                        Validity validity) {
  Argument a(Kind::real, std::move(name), std::move(help), shortest(value));
  a.validity_ = std::move(validity);
  return a;
}

Argument Argument::boolean(std::string name, std::string help, bool value) {
  return Argument(Kind::boolean, std::move(name), std::move(help),
                  value ? "true" : "false");
}

Argument Argument::text(std::string name, std::string help, std::string value,
                        std::vector<std::string> allowed) {
  Argument a(Kind::text, std::move(name), std::move(help), std::move(value));
  a.allowed_ = std::move(allowed);
  return a;
}

const Argument* Argument::find(const std::string& name) const {
  for (const auto& child : children_)
    if (child.name_ == name)
      return &child;
  return nullptr;
}

Argument* Argument::child_named(const std::string& name) {
  return const_cast<Argument*>(find(name));
}

const Argument& Argument::operator[](const std::string& name) const {
  const Argument* child = find(name);
  if (child == nullptr)
    throw std::logic_error("no argument " + name + " in " + name_);
  return *child;
}

long long Argument::as_integer() const {
  return std::strtoll(value_.c_str(), nullptr, 10);
}

double Argument::as_real() const {
  return std::strtod(value_.c_str(), nullptr);
}

std::string Argument::type_name() const {
  switch (kind_) {
    case Kind::integer:
      return "<int>";
    case Kind::real:
      return "<double>";
    case Kind::boolean:
      return "<boolean>";
    case Kind::choice:
      return "<list_element>";
    case Kind::text:
      return allowed_.empty() ? "<string>" : "<list_element>";
    case Kind::group:
      break;
  }
  return "";
}

std::string Argument::valid_values() const {
  switch (kind_) {
    case Kind::integer:
    case Kind::real:
      return validity_.text;
    case Kind::boolean:
      return "[0, 1, false, true]";
    case Kind::choice: {
      std::vector<std::string> names;
      for (const auto& option : children_)
        names.push_back(option.name_);
      return joined(names, ", ");
    }
    case Kind::text:
      return allowed_.empty() ? "All" : joined(allowed_, ", ");
    case Kind::group:
      break;
  }
  return "";
}

void Argument::assign(const std::string& value) {
  bool accepted = false;
  std::string stored = value;
  long long whole = 0;
  double number = 0;
  switch (kind_) {
    case Kind::integer:
      accepted = parse_integer(value, whole)
                 && validity_.holds(static_cast<double>(whole));
      stored = std::to_string(whole);
      break;
    case Kind::real:
      accepted = parse_real(value, number) && validity_.holds(number);
      stored = accepted ? shortest(number) : value;
      break;
    case Kind::boolean:
      accepted = value == "0" || value == "1" || value == "false"
                 || value == "true";
      stored = value == "1" || value == "true" ? "true" : "false";
      break;
    case Kind::choice:
      accepted = find(value) != nullptr;
      break;
    case Kind::text:
      accepted = allowed_.empty();
      for (const auto& option : allowed_)
        accepted = accepted || option == value;
      break;
    case Kind::group:
      throw UsageError("\"" + name_ + "\" takes no value, but \"" + name_ + "="
                       + value + "\" was given.");
  }
  if (!accepted)
    throw UsageError("\"" + value + "\" is not a valid value for \"" + name_
                     + "\"\n  Valid values: " + valid_values());
  // CmdStan's guide is silent on repeated arguments; a second value that
  // differs would silently undo the first, so it is refused.
  if (given_ && stored != value_)
    throw UsageError("\"" + name_ + "\" was given twice, as \"" + value_
                     + "\" and as \"" + value + "\". Give it once.");
  value_ = stored;
  given_ = true;
}

void Argument::read(const std::vector<std::string>& tokens, size_t& position) {
  while (position < tokens.size()) {
    const std::string& token = tokens[position];
    const size_t equals = token.find('=');
    const std::string key = token.substr(0, equals);
    const bool has_value = equals != std::string::npos;

    Argument* child = child_named(key);
    // "sample" is short for "method=sample".
    Argument* method = child_named("method");
    if (child == nullptr && !has_value && method != nullptr
        && method->find(key) != nullptr) {
      ++position;
      method->assign(key);
      method->child_named(key)->read(tokens, position);
      continue;
    }
    if (child == nullptr)
      return;
    ++position;
    if (has_value)
      child->assign(token.substr(equals + 1));
    else if (child->kind_ != Kind::group)
      throw UsageError("\"" + key + "\" needs a value: " + key + "="
                       + child->type_name()
                       + "\n  Valid values: " + child->valid_values());
    if (child->kind_ == Kind::group)
      child->read(tokens, position);
    else if (child->kind_ == Kind::choice)
      child->child_named(child->value_)->read(tokens, position);
  }
}

}  // namespace driver
