// Files that the driver writes: every write is checked, and a file that could
// not be written in full ends the run with an error.
#ifndef STANMIX_DRIVER_OUTPUT_HPP
#define STANMIX_DRIVER_OUTPUT_HPP

#include <stan/callbacks/json_writer.hpp>
#include <stan/callbacks/writer.hpp>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace driver {

class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A file opened for writing. An empty path makes one that writes nothing.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path, int sig_figs = -1);

  bool is_open() const { return stream_ != nullptr; }
  std::ofstream& stream() { return *stream_; }
  const std::string& path() const { return path_; }

  // Throws OutputError if something could not be written so far.
  void check();
  // Writes what is buffered and closes. Throws OutputError where it fails.
  void close();

 private:
  std::string path_;
  std::unique_ptr<std::ofstream> stream_;
};

// Draws as comma-separated values; messages as comments.
class CsvWriter final : public stan::callbacks::writer {
 public:
  CsvWriter() : file_("") {}
  explicit CsvWriter(OutputFile&& file) : file_(std::move(file)) {}

  void operator()(const std::vector<std::string>& names) override;
  void operator()(const std::vector<double>& values) override;
  void operator()() override;
  void operator()(const std::string& message) override;
  // A row is one draw, of a matrix each column. A template, since Stan's versions
  // have functions of different matrices here; Pathfinder, which alone writes
  // any, knows the type of its writer.
  template <typename Derived>
  void operator()(const Eigen::DenseBase<Derived>& draws) {
    if constexpr (Derived::RowsAtCompileTime == 1)
      write_draws(draws.derived().matrix().transpose());
    else
      write_draws(draws.derived().matrix());
  }
  // Asked by Pathfinder from 2.36 on: whether the draws of single paths are wanted.
  bool is_valid() const noexcept { return file_.is_open(); }

  OutputFile& file() { return file_; }
  // How many draws were written.
  size_t rows() const { return rows_; }

 private:
  template <typename T>
  void write_line(const std::vector<T>& values);
  void write_draws(const Eigen::Ref<const Eigen::MatrixXd>& draws);

  OutputFile file_;
  size_t rows_ = 0;
};

// The stream belongs to an OutputFile, which checks and closes it.
struct KeepStream {
  void operator()(std::ofstream*) const {}
};
using JsonWriter = stan::callbacks::json_writer<std::ofstream, KeepStream>;
JsonWriter json_writer(OutputFile& file);

// The names in "a.csv,b.csv", a comma-separated list of one for each chain; none
// where there is one chain or no comma, and the path is to be taken as it is.
// Throws UsageError where the list has another length, or an empty name.
std::vector<std::string> listed_paths(const std::string& path, int chains);
// "draws.csv", "_1" -> "draws_1.csv"
std::string with_suffix(const std::string& path, const std::string& suffix);
// "draws.csv", ".json" -> "draws.json"
std::string with_extension(const std::string& path,
                           const std::string& extension);

}  // namespace driver
#endif
