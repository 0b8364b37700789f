#include "configuration.hpp"

#include <stan/version.hpp>

#include <ctime>

namespace driver {

namespace {

void add_lines(const Argument& argument, size_t indent,
               std::vector<std::string>& lines) {
  const std::string margin(indent, ' ');
  if (argument.kind() == Argument::Kind::group) {
    lines.push_back(margin + argument.name());
    for (const auto& child : argument.children())
      add_lines(child, indent + 2, lines);
    return;
  }
  lines.push_back(margin + argument.name() + " = " + argument.value()
                  + (argument.is_default() ? " (Default)" : ""));
  if (argument.kind() == Argument::Kind::choice)
    add_lines(argument.chosen(), indent + 2, lines);
}

void add_json(const Argument& argument,
              stan::callbacks::structured_writer& writer) {
  switch (argument.kind()) {
    case Argument::Kind::group:
      writer.begin_record(argument.name());
      for (const auto& child : argument.children())
        add_json(child, writer);
      writer.end_record();
      break;
    case Argument::Kind::choice:
      writer.begin_record(argument.name());
      writer.write("value", argument.value());
      add_json(argument.chosen(), writer);
      writer.end_record();
      break;
    case Argument::Kind::integer:
      writer.write(argument.name(), argument.as_integer());
      break;
    case Argument::Kind::real:
      writer.write(argument.name(), argument.as_real());
      break;
    case Argument::Kind::boolean:
      writer.write(argument.name(), argument.as_boolean());
      break;
    case Argument::Kind::text:
      writer.write(argument.name(), argument.value());
      break;
  }
}

}  // namespace

Provenance provenance(const std::string& model_name,
                      const std::vector<std::string>& compile_info) {
  const std::time_t now = std::time(nullptr);
  char when[40];
  std::strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", std::gmtime(&now));
  return {model_name, when, compile_info};
}

std::vector<std::string> configuration_lines(const Argument& root) {
  std::vector<std::string> lines;
  for (const auto& argument : root.children())
    add_lines(argument, 0, lines);
  return lines;
}

void write_configuration(const Argument& root, const Provenance& about,
                         stan::callbacks::writer& writer) {
  writer("stan_version_major = " + stan::MAJOR_VERSION);
  writer("stan_version_minor = " + stan::MINOR_VERSION);
  writer("stan_version_patch = " + stan::PATCH_VERSION);
  writer("model = " + about.model_name);
  writer("start_datetime = " + about.start_datetime);
  for (const auto& line : configuration_lines(root))
    writer(line);
  for (const auto& line : about.compile_info)
    writer(line);
}

void write_configuration(const Argument& root, const Provenance& about,
                         stan::callbacks::structured_writer& writer) {
  writer.begin_record();
  writer.write("stan_major_version", stan::MAJOR_VERSION);
  writer.write("stan_minor_version", stan::MINOR_VERSION);
  writer.write("stan_patch_version", stan::PATCH_VERSION);
  writer.write("model_name", about.model_name);
  writer.write("start_datetime", about.start_datetime);
  for (const auto& argument : root.children())
    add_json(argument, writer);
  for (const auto& line : about.compile_info) {
    const size_t equals = line.find(" = ");
    if (equals != std::string::npos)
      writer.write(line.substr(0, equals), line.substr(equals + 3));
  }
  writer.end_record();
}

}  // namespace driver
