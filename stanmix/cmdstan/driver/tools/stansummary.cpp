// bin/stansummary: statistics of the draws of several chains.
#include "chain_files.hpp"

#include <stan/analyze/mcmc/autocovariance.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace {

const char* const usage =
    "Report statistics for one or more Stan CSV files from a HMC sampler run.\n"
    "Example:  stansummary model_chain_1.csv model_chain_2.csv\n"
    "Options:\n"
    "  -a, --autocorr [n]          Display the chain autocorrelation for the "
    "n-th\n"
    "                              input file, in addition to statistics.\n"
    "  -c, --csv_filename [file]   Write statistics to a CSV file.\n"
    "  -h, --help                  Produce help message, then exit.\n"
    "  -p, --percentiles [values]  Percentiles to report as ordered set of\n"
    "                              comma-separated numbers from (0.1,99.9), "
    "inclusive.\n"
    "                              Default is 5,50,95.\n"
    "  -s, --sig_figs [n]          Significant figures reported. Default is "
    "2.\n"
    "                              Must be an integer from (1, 18), "
    "inclusive.\n"
    "  -i, --include_param [name]  Include the named parameter in the summary "
    "output.\n"
    "                              By default, all parameters in the file are "
    "summarized,\n"
    "                              passing this argument one or more times "
    "will filter\n"
    "                              the output down to just the requested "
    "arguments.\n";

struct Options {
  bool help = false;
  int autocorr = 0;  // 0: none
  int sig_figs = 2;
  std::string csv;
  std::vector<std::string> percentile_names{"5", "50", "95"};
  std::vector<double> percentiles{5, 50, 95};
  std::vector<std::string> included;
  std::vector<std::string> files;
};

int whole_number(const std::string& option, const std::string& text, int least,
                 int most) {
  std::istringstream in(text);
  int number;
  if (!(in >> number) || !(in >> std::ws).eof() || number < least
      || number > most)
    throw std::invalid_argument(
        "Option " + option + ": got \"" + text + "\", expected an integer from "
        + std::to_string(least) + " to " + std::to_string(most) + ".");
  return number;
}

void read_percentiles(const std::string& text, Options& options) {
  options.percentiles.clear();
  options.percentile_names.clear();
  std::istringstream in(text);
  std::string part;
  double last = 0;
  while (std::getline(in, part, ',')) {
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    if (part.empty() && in.eof() && options.percentiles.empty())
      return;  // none asked for
    char* end = nullptr;
    const double value = std::strtod(part.c_str(), &end);
    if (part.empty() || *end != '\0' || value < 0.1 || value > 99.9
        || value <= last)
      throw std::invalid_argument(
          "Option --percentiles: got \"" + text
          + "\", expected ascending numbers from 0.1 to 99.9, separated by "
            "commas.");
    last = value;
    options.percentiles.push_back(value);
    options.percentile_names.push_back(part);
  }
}

Options read_options(const std::vector<std::string>& arguments) {
  const std::vector<std::pair<std::string, std::string>> known{
      {"-a", "--autocorr"},    {"-c", "--csv_filename"},
      {"-p", "--percentiles"}, {"-s", "--sig_figs"},
      {"-i", "--include_param"}};
  Options options;
  options.help = arguments.empty();
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "-h" || argument == "--help") {
      options.help = true;
      return options;
    }
    if (argument.empty() || argument[0] != '-') {
      options.files.push_back(argument);
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    std::string option;
    for (const auto& pair : known)
      if (name == pair.first || name == pair.second)
        option = pair.second;
    if (option.empty())
      throw std::invalid_argument("The option \"" + name
                                  + "\" is not known; see stansummary --help.");
    std::string value;
    if (equals != std::string::npos)
      value = argument.substr(equals + 1);
    else if (i + 1 < arguments.size())
      value = arguments[++i];
    else
      throw std::invalid_argument("The option " + name + " needs a value.");
    if (option == "--csv_filename")
      options.csv = value;
    else if (option == "--include_param")
      options.included.push_back(value);
    else if (option == "--sig_figs")
      options.sig_figs = whole_number(option, value, 1, 18);
    else if (option == "--autocorr")
      options.autocorr = whole_number(option, value, 1, 1000000);
    else
      read_percentiles(value, options);
  }
  if (!options.help && options.files.empty())
    throw std::invalid_argument(
        "No files were given; see stansummary --help.");
  return options;
}

// "theta[2,1]" -> {"theta", {2, 1}}
std::pair<std::string, std::vector<int>> indexed(const std::string& name) {
  const size_t bracket = name.find('[');
  std::vector<int> indices;
  if (bracket != std::string::npos) {
    std::istringstream in(name.substr(bracket + 1));
    int index;
    char separator;
    while (in >> index >> separator)
      indices.push_back(index);
  }
  return {name.substr(0, bracket), indices};
}

bool is_method_column(const std::string& name) {
  return name.size() > 2 && name.compare(name.size() - 2, 2, "__") == 0;
}

// The columns to report; containers in row-major order.
std::vector<int> chosen_columns(const tools::ChainFiles& chains,
                                const std::vector<std::string>& included) {
  std::vector<int> columns;
  for (const auto& name : included) {
    bool found = false;
    for (const auto& column : chains.names)
      found = found || column == name || indexed(column).first == name;
    if (!found)
      throw std::invalid_argument("There is no parameter \"" + name
                                  + "\" in the files (--include_param).");
  }
  for (size_t i = 0; i < chains.names.size(); ++i) {
    bool chosen = included.empty();
    for (const auto& name : included)
      chosen = chosen || name == chains.names[i]
               || name == indexed(chains.names[i]).first;
    if (chosen)
      columns.push_back(i);
  }
  auto begin = columns.begin();
  while (begin != columns.end()) {
    const auto base = indexed(chains.names[*begin]).first;
    auto end = begin;
    while (end != columns.end() && indexed(chains.names[*end]).first == base)
      ++end;
    std::stable_sort(begin, end, [&](int a, int b) {
      return indexed(chains.names[a]).second < indexed(chains.names[b]).second;
    });
    begin = end;
  }
  return columns;
}

// Interpolates between order statistics (type 7 of Hyndman and Fan, 1996).
double quantile(const Eigen::VectorXd& sorted, double probability) {
  const double position = probability * (sorted.size() - 1);
  const auto below = static_cast<Eigen::Index>(std::floor(position));
  const Eigen::Index above = std::min(below + 1, sorted.size() - 1);
  return sorted(below) + (position - below) * (sorted(above) - sorted(below));
}

std::vector<double> statistics(const tools::ChainFiles& chains, int column,
                               const std::vector<double>& percentiles,
                               double sampling_seconds) {
  Eigen::VectorXd draws = chains.pooled(column);
  const double mean = draws.mean();
  const double sd
      = std::sqrt((draws.array() - mean).square().sum() / (draws.size() - 1));
  const double n_eff = tools::effective_sample_size(chains, column);
  std::vector<double> values{mean, sd / std::sqrt(n_eff), sd};
  std::sort(draws.data(), draws.data() + draws.size());
  for (double percentile : percentiles)
    values.push_back(quantile(draws, percentile / 100));
  values.push_back(n_eff);
  values.push_back(n_eff / sampling_seconds);
  values.push_back(tools::potential_scale_reduction(chains, column));
  return values;
}

std::string number(double value, int sig_figs) {
  std::ostringstream out;
  out << std::setprecision(sig_figs) << value;
  return out.str();
}

// "(0.1, 0.2) seconds, 0.3 seconds total"
std::string timing(const std::vector<double>& seconds) {
  double total = 0;
  std::ostringstream out;
  out << std::setprecision(2);
  for (size_t i = 0; i < seconds.size(); ++i) {
    out << (i == 0 ? "(" : ", ") << seconds[i];
    total += seconds[i];
  }
  out << ") seconds, " << total << " seconds total";
  return out.str();
}

struct Table {
  std::vector<std::string> head;
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows;
};

std::string text_of(const Table& table) {
  size_t name_width = 0;
  for (const auto& name : table.names)
    name_width = std::max(name_width, name.size());
  std::vector<size_t> widths;
  for (size_t j = 0; j < table.head.size(); ++j) {
    widths.push_back(table.head[j].size());
    for (const auto& row : table.rows)
      widths[j] = std::max(widths[j], row[j].size());
  }
  std::ostringstream out;
  const auto line = [&](const std::string& name,
                        const std::vector<std::string>& cells) {
    out << std::left << std::setw(name_width) << name << std::right;
    for (size_t j = 0; j < cells.size(); ++j)
      out << "  " << std::setw(widths[j]) << cells[j];
    out << "\n";
  };
  line("", table.head);
  out << "\n";
  for (size_t i = 0; i < table.rows.size(); ++i) {
    if (i > 0 && is_method_column(table.names[i - 1])
        && !is_method_column(table.names[i]))
      out << "\n";
    line(table.names[i], table.rows[i]);
  }
  return out.str();
}

void write_csv(const Table& table, const std::string& about,
               const std::string& path) {
  std::ofstream out(path);
  if (!out)
    throw std::invalid_argument("Cannot write the csv file \"" + path + "\".");
  out << "name";
  for (const auto& name : table.head)
    out << "," << name;
  out << "\n";
  for (size_t i = 0; i < table.rows.size(); ++i) {
    out << '"' << table.names[i] << '"';
    for (const auto& cell : table.rows[i])
      out << "," << cell;
    out << "\n";
  }
  std::istringstream lines(about);
  for (std::string line; std::getline(lines, line);)
    out << "# " << line << "\n";
  out.close();
  if (!out)
    throw std::invalid_argument("Writing \"" + path
                                + "\" failed; the file is incomplete.");
}

void print_autocorrelation(const tools::ChainFiles& chains, int chain,
                           const std::vector<int>& columns) {
  const Eigen::MatrixXd& draws = chains.draws[chain];
  std::vector<Eigen::VectorXd> all;
  for (int column : columns) {
    Eigen::VectorXd series = draws.col(column);
    Eigen::VectorXd covariance;
    stan::analyze::autocovariance<double>(series, covariance);
    all.push_back(covariance / covariance(0));
  }
  std::cout << "Displaying the autocorrelations for chain " << chain + 1
            << ":\n\n";
  Table table;
  for (int column : columns)
    table.head.push_back(chains.names[column]);
  for (Eigen::Index lag = 0; lag < draws.rows(); ++lag) {
    table.names.push_back(std::to_string(lag));
    std::vector<std::string> row;
    for (const auto& series : all)
      row.push_back(number(series(lag), 2));
    table.rows.push_back(row);
  }
  std::cout << text_of(table) << "\n";
}

int summarize(const Options& options) {
  const auto chains = tools::read_chain_files(options.files);
  const auto columns = chosen_columns(chains, options.included);
  if (options.autocorr > static_cast<int>(chains.files.size()))
    throw std::invalid_argument(
        "Option --autocorr: got " + std::to_string(options.autocorr)
        + ", expected the number of one of the "
        + std::to_string(chains.files.size()) + " files.");
  std::vector<double> warmup, sampling;
  std::string iterations, warmups, thins;
  double sampling_seconds = 0;
  for (size_t i = 0; i < chains.files.size(); ++i) {
    const auto& file = chains.files[i];
    warmup.push_back(file.warmup_seconds);
    sampling.push_back(file.sampling_seconds);
    sampling_seconds += file.sampling_seconds;
    const std::string separator = i == 0 ? "(" : ",";
    iterations += separator + std::to_string(chains.draws[i].rows());
    warmups += separator
               + std::to_string(file.flag("save_warmup")
                                    ? file.whole("num_warmup", 0)
                                    : 0);
    thins += separator + std::to_string(file.whole("thin", 1));
  }

  Table table;
  table.head = {"Mean", "MCSE", "StdDev"};
  for (const auto& name : options.percentile_names)
    table.head.push_back(name + "%");
  for (const char* name : {"N_Eff", "N_Eff/s", "R_hat"})
    table.head.push_back(name);
  for (int column : columns) {
    table.names.push_back(chains.names[column]);
    std::vector<std::string> row;
    for (double value :
         statistics(chains, column, options.percentiles, sampling_seconds))
      row.push_back(number(value, options.sig_figs));
    table.rows.push_back(row);
  }

  const auto& first = chains.files[0];
  std::ostringstream before;
  before << "Inference for Stan model: " << first.text("model") << "\n"
         << chains.files.size() << " chains: each with iter=" << iterations
         << "); warmup=" << warmups << "); thin=" << thins << "); "
         << chains.total_draws() << " iterations saved.\n\n"
         << "Warmup took " << timing(warmup) << "\n"
         << "Sampling took " << timing(sampling) << "\n";
  std::ostringstream after;
  after << "Samples were drawn using " << first.text("algorithm");
  if (first.text("algorithm") == "hmc")
    after << " with " << first.text("engine");
  after << ".\n"
        << "For each parameter, N_Eff is a crude measure of effective sample "
           "size,\nand R_hat is the potential scale reduction factor on split "
           "chains (at \nconvergence, R_hat=1).\n";
  std::cout << before.str() << "\n"
            << text_of(table) << "\n"
            << after.str() << std::endl;
  if (options.autocorr > 0)
    print_autocorrelation(chains, options.autocorr - 1, columns);
  if (!options.csv.empty())
    write_csv(table, before.str() + "\n" + after.str(), options.csv);
  return 0;
}

}  // namespace

int main(int argc, const char* argv[]) {
  try {
    const Options options
        = read_options(std::vector<std::string>(argv + 1, argv + argc));
    if (options.help) {
      std::cout << usage;
      return 0;
    }
    return summarize(options);
  } catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
    return 1;
  }
}
