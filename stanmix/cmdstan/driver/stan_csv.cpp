#include "stan_csv.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace driver {

namespace {

std::string trimmed(const std::string& text) {
  const char* blanks = " \t\r";
  const size_t first = text.find_first_not_of(blanks);
  if (first == std::string::npos)
    return "";
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void read_comment(const std::string& line, StanCsv& csv) {
  const std::string comment = trimmed(line.substr(1));
  // "Elapsed Time: 0.1 seconds (Warm-up)", and the lines below it.
  const size_t unit = comment.find(" seconds (");
  if (unit != std::string::npos) {
    const size_t number = comment.find_last_of(' ', unit - 1) + 1;
    const double seconds = std::strtod(comment.c_str() + number, nullptr);
    if (comment.compare(unit, std::string::npos, " seconds (Warm-up)") == 0)
      csv.warmup_seconds += seconds;
    if (comment.compare(unit, std::string::npos, " seconds (Sampling)") == 0)
      csv.sampling_seconds += seconds;
    return;
  }
  const size_t equals = comment.find('=');
  if (equals == std::string::npos)
    return;
  std::string value = comment.substr(equals + 1);
  const size_t mark = value.rfind("(Default)");
  if (mark != std::string::npos)
    value.erase(mark);
  csv.configuration.emplace(trimmed(comment.substr(0, equals)),
                            trimmed(value));
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> all;
  size_t begin = 0;
  while (true) {
    const size_t comma = line.find(',', begin);
    all.push_back(trimmed(line.substr(begin, comma - begin)));
    if (comma == std::string::npos)
      return all;
    begin = comma + 1;
  }
}

// Appends the numbers of a row; false where it is not one of `count` numbers.
bool read_row(const std::string& line, size_t count,
              std::vector<double>& values) {
  const char* at = line.c_str();
  for (size_t i = 0; i < count; ++i) {
    char* end = nullptr;
    values.push_back(std::strtod(at, &end));
    if (end == at)
      return false;
    at = end + (i + 1 < count && *end == ',' ? 1 : 0);
    if (i + 1 < count && at == end)
      return false;
  }
  return trimmed(at).empty();
}

}  // namespace

std::string StanCsv::text(const std::string& key,
                          const std::string& otherwise) const {
  const auto found = configuration.find(key);
  return found == configuration.end() ? otherwise : found->second;
}

long long StanCsv::whole(const std::string& key, long long otherwise) const {
  const std::string value = text(key);
  char* end = nullptr;
  const long long number = std::strtoll(value.c_str(), &end, 10);
  return value.empty() || *end != '\0' ? otherwise : number;
}

bool StanCsv::flag(const std::string& key) const {
  const std::string value = text(key);
  return value == "true" || value == "1";
}

StanCsv read_stan_csv(const std::string& path) {
  std::ifstream in(path);
  StanCsv csv;
  std::vector<double> values;
  size_t count = 0;
  for (std::string line; std::getline(in, line);) {
    if (trimmed(line).empty())
      continue;
    if (line[0] == '#') {
      read_comment(line, csv);
    } else if (csv.names.empty()) {
      csv.names = cells(line);
    } else if (read_row(line, csv.names.size(), values)) {
      ++count;
    } else {
      throw std::invalid_argument(
          "row " + std::to_string(count + 1) + " is not one of "
          + std::to_string(csv.names.size())
          + " numbers; the file is damaged or was not finished");
    }
  }
  if (in.bad() || !in.eof())
    throw std::invalid_argument("it cannot be read; check that it exists");
  if (csv.names.empty())
    throw std::invalid_argument("it has no line with the names of columns");
  using RowMajor
      = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  csv.rows = Eigen::Map<const RowMajor>(values.data(), count,
                                        csv.names.size());
  return csv;
}

}  // namespace driver
