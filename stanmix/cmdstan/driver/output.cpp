#include "output.hpp"

#include "arguments.hpp"

#include <cerrno>
#include <cstring>
#include <iomanip>
#include <sstream>

namespace driver {

namespace {

// Where the extension begins: the last dot of the last part of the path.
size_t extension_position(const std::string& path) {
  const size_t slash = path.find_last_of("/\\");
  const size_t dot = path.find_last_of('.');
  const size_t first = slash == std::string::npos ? 0 : slash + 1;
  return dot == std::string::npos || dot <= first ? path.size() : dot;
}

}  // namespace

OutputFile::OutputFile(const std::string& path, int sig_figs) : path_(path) {
  if (path.empty())
    return;
  errno = 0;
  stream_ = std::make_unique<std::ofstream>(path);
  if (!*stream_)
    throw OutputError("Cannot open the output file \"" + path
                      + "\" for writing: " + std::strerror(errno)
                      + ". Give a path in a folder that exists and can be "
                        "written.");
  if (sig_figs > 0)
    *stream_ << std::setprecision(sig_figs);
}

void OutputFile::check() {
  if (stream_ && !*stream_)
    throw OutputError("Writing to \"" + path_ + "\" failed: "
                      + std::strerror(errno)
                      + ". The file is incomplete; free some space or choose "
                        "another folder, and run again.");
}

void OutputFile::close() {
  if (!stream_)
    return;
  stream_->close();
  check();
  stream_.reset();
}

template <typename T>
void CsvWriter::write_line(const std::vector<T>& values) {
  if (!file_.is_open() || values.empty())
    return;
  auto& out = file_.stream();
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0)
      out << ',';
    out << values[i];
  }
  // Flushed line by line: what a reader sees, and what a crash leaves, is
  // whole lines.
  out << std::endl;
  file_.check();
}

void CsvWriter::operator()(const std::vector<std::string>& names) {
  write_line(names);
}

void CsvWriter::operator()(const std::vector<double>& values) {
  write_line(values);
  ++rows_;
}

void CsvWriter::operator()() {
  if (!file_.is_open())
    return;
  file_.stream() << "# " << std::endl;
  file_.check();
}

void CsvWriter::operator()(const std::string& message) {
  if (!file_.is_open())
    return;
  file_.stream() << "# " << message << std::endl;
  file_.check();
}

void CsvWriter::write_draws(const Eigen::Ref<const Eigen::MatrixXd>& draws) {
  if (!file_.is_open())
    return;
  auto& out = file_.stream();
  for (Eigen::Index draw = 0; draw < draws.cols(); ++draw) {
    for (Eigen::Index i = 0; i < draws.rows(); ++i)
      out << (i > 0 ? ", " : "") << draws(i, draw);
    out << '\n';
  }
  out.flush();
  rows_ += draws.cols();
  file_.check();
}

JsonWriter json_writer(OutputFile& file) {
  if (!file.is_open())
    return JsonWriter();
  return JsonWriter(
      std::unique_ptr<std::ofstream, KeepStream>(&file.stream()));
}

std::vector<std::string> listed_paths(const std::string& path, int chains) {
  std::vector<std::string> paths;
  if (chains == 1 || path.find(',') == std::string::npos)
    return paths;
  std::istringstream list(path + ",");
  bool complete = true;
  for (std::string name; std::getline(list, name, ',');) {
    complete = complete && !name.empty();
    paths.push_back(name);
  }
  if (!complete || paths.size() != static_cast<size_t>(chains))
    throw UsageError("\"" + path + "\" lists "
                     + std::to_string(paths.size())
                     + (complete ? "" : " (some of them empty)")
                     + " file names for " + std::to_string(chains)
                     + " chains.\n  Give one name a chain, with commas between "
                       "them, or one name for all, without a comma.");
  return paths;
}

std::string with_suffix(const std::string& path, const std::string& suffix) {
  const size_t position = extension_position(path);
  return path.substr(0, position) + suffix + path.substr(position);
}

std::string with_extension(const std::string& path,
                           const std::string& extension) {
  return path.substr(0, extension_position(path)) + extension;
}

}  // namespace driver
