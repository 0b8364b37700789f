// What a run was asked to do, as text and as JSON.
#ifndef STANMIX_DRIVER_CONFIGURATION_HPP
#define STANMIX_DRIVER_CONFIGURATION_HPP

#include "arguments.hpp"
#include "output.hpp"

#include <string>
#include <vector>

namespace driver {

// What belongs to a run beside its arguments.
struct Provenance {
  std::string model_name;
  std::string start_datetime;
  // "key = value" lines of the compiler: stanc_version, stancflags.
  std::vector<std::string> compile_info;
};

Provenance provenance(const std::string& model_name,
                      const std::vector<std::string>& compile_info);

// One line an argument, nested by indentation, defaults marked.
std::vector<std::string> configuration_lines(const Argument& root);

// The comments at the head of a Stan CSV file.
void write_configuration(const Argument& root, const Provenance& about,
                         stan::callbacks::writer& writer);

// The same as one JSON object.
void write_configuration(const Argument& root, const Provenance& about,
                         stan::callbacks::structured_writer& writer);

}  // namespace driver
#endif
