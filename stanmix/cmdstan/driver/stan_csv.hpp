// Reads Stan CSV files, of any method and version alike: how Stan's own reader
// takes warm-up draws, and the first row of ADVI, differs between its versions.
#ifndef STANMIX_DRIVER_STAN_CSV_HPP
#define STANMIX_DRIVER_STAN_CSV_HPP

#include <stan/math/prim/fun/Eigen.hpp>

#include <map>
#include <string>
#include <vector>

namespace driver {

struct StanCsv {
  // What the comments say as "key = value", without "(Default)"; of a key that
  // comes several times, the first.
  std::map<std::string, std::string> configuration;
  // The columns as the file names them: "lp__", "theta.1.2", ...
  std::vector<std::string> names;
  // Every row, those of a warm-up that was saved too.
  Eigen::MatrixXd rows;
  // Elapsed times.
  double warmup_seconds = 0;
  double sampling_seconds = 0;

  // The value of a key; `otherwise` where the file does not have it.
  std::string text(const std::string& key,
                   const std::string& otherwise = "") const;
  long long whole(const std::string& key, long long otherwise) const;
  bool flag(const std::string& key) const;
};

// Throws std::invalid_argument, with the reason, where the file cannot be read,
// has no header, or has a row with another number of columns or no numbers.
StanCsv read_stan_csv(const std::string& path);

}  // namespace driver
#endif
