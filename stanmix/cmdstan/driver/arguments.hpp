// The tree of command-line arguments: what may be given, and what was given.
#ifndef STANMIX_DRIVER_ARGUMENTS_HPP
#define STANMIX_DRIVER_ARGUMENTS_HPP

#include <functional>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <vector>

namespace driver {

// A condition on a number, with the words that name it in help and errors.
struct Validity {
  std::string text;
  std::function<bool(double)> holds;
};

// A mistake on the command line. The message says what was got, what is
// expected and what to change.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One node of the tree. A group holds arguments; a choice holds the groups
// that can be chosen; the other kinds are leaves with a value.
class Argument {
 public:
  enum class Kind { group, choice, integer, real, boolean, text };

  static Argument group(std::string name, std::string help,
                        std::vector<Argument> children = {});
  static Argument choice(std::string name, std::string help,
                         std::string chosen, std::vector<Argument> options);
  static Argument integer(std::string name, std::string help, long long value,
                          Validity validity);
  static Argument real(std::string name, std::string help, double value,
                       Validity validity);
  static Argument boolean(std::string name, std::string help, bool value);
  static Argument text(std::string name, std::string help, std::string value,
                       std::vector<std::string> allowed = {});

  const std::string& name() const { return name_; }
  const std::string& help() const { return help_; }
  const std::string& value() const { return value_; }
  const std::vector<Argument>& children() const { return children_; }
  const std::vector<std::string>& allowed() const { return allowed_; }
  Kind kind() const { return kind_; }
  bool is_default() const { return !given_; }
  bool is_leaf() const {
    return kind_ != Kind::group && kind_ != Kind::choice;
  }

  // The child of this name; for a choice, the option of this name.
  const Argument& operator[](const std::string& name) const;
  const Argument* find(const std::string& name) const;

  // The group of the option that is chosen.
  const Argument& chosen() const { return (*this)[value_]; }

  long long as_integer() const;
  double as_real() const;
  bool as_boolean() const { return value_ == "true"; }

  // "<int>", "<double>", ...: how help and errors name the type.
  std::string type_name() const;
  // Which values are accepted, in words.
  std::string valid_values() const;

  // Reads as many tokens as belong to this group, from `position` on.
  void read(const std::vector<std::string>& tokens, size_t& position);
  // Puts a computed value in the place of a default, still marked so.
  void set_default(std::string value) { value_ = std::move(value); }

 private:
  Argument(Kind kind, std::string name, std::string help, std::string value)
      : kind_(kind),
        name_(std::move(name)),
        help_(std::move(help)),
        value_(std::move(value)) {}

  Argument* child_named(const std::string& name);
  void assign(const std::string& value);

  Kind kind_;
  std::string name_;
  std::string help_;
  std::string value_;
  bool given_ = false;
  Validity validity_;
  std::vector<std::string> allowed_;
  std::vector<Argument> children_;
};

// A number in the fewest digits that read back as the same double.
std::string shortest(double value);

}  // namespace driver
#endif
