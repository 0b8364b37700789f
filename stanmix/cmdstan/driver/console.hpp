// Messages to the console.
#ifndef STANMIX_DRIVER_CONSOLE_HPP
#define STANMIX_DRIVER_CONSOLE_HPP

#include <stan/callbacks/logger.hpp>

#include <iostream>
#include <mutex>
#include <string>

namespace driver {

// Debug, info and warnings to standard output, errors to standard error; one
// line at a time, also when several chains share the console.
class Console final : public stan::callbacks::logger {
 public:
  void debug(const std::string& message) override { say(std::cout, message); }
  void info(const std::string& message) override { say(std::cout, message); }
  void warn(const std::string& message) override { say(std::cout, message); }
  void error(const std::string& message) override { say(std::cerr, message); }
  void fatal(const std::string& message) override { say(std::cerr, message); }
  void debug(const std::stringstream& m) override { debug(m.str()); }
  void info(const std::stringstream& m) override { info(m.str()); }
  void warn(const std::stringstream& m) override { warn(m.str()); }
  void error(const std::stringstream& m) override { error(m.str()); }
  void fatal(const std::stringstream& m) override { fatal(m.str()); }

 private:
  void say(std::ostream& out, const std::string& message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    out << message << std::endl;
  }

  std::mutex mutex_;
};

}  // namespace driver
#endif
