#include "contexts.hpp"

#include "output.hpp"
#include "stan_csv.hpp"

#include <stan/io/dump.hpp>
#include <stan/io/empty_var_context.hpp>
#include <stan/io/json/json_data.hpp>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace driver {

namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size()
         && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool can_be_read(const std::string& path) {
  return std::ifstream(path).good();
}

std::ifstream open(const std::string& path) {
  std::ifstream in(path);
  // A folder opens, but nothing can be read from it.
  if (in && in.peek() == std::ifstream::traits_type::eof() && in.bad())
    in.setstate(std::ios::failbit);
  if (in.bad() || (in.fail() && !in.eof()))
    throw std::invalid_argument("Can't open specified file, \"" + path
                                + "\". Check that it exists and can be read.");
  in.clear();
  return in;
}

}  // namespace

bool is_csv(const std::string& path) { return ends_with(path, ".csv"); }

Context read_context(const std::string& path) {
  if (path.empty())
    return std::make_shared<stan::io::empty_var_context>();
  std::ifstream in = open(path);
  try {
    if (ends_with(path, ".json"))
      return std::make_shared<stan::json::json_data>(in);
    return std::make_shared<stan::io::dump>(in);
  } catch (const std::exception& e) {
    throw std::invalid_argument("Error reading \"" + path + "\": " + e.what());
  }
}

std::vector<std::string> paths_of_chains(const std::string& path, int count,
                                         int first) {
  std::vector<std::string> paths = listed_paths(path, count);
  if (!paths.empty())
    return paths;
  paths.assign(count, path);
  if (path.empty() || count == 1)
    return paths;
  for (int i = 0; i < count; ++i)
    paths[i] = with_suffix(path, "_" + std::to_string(first + i));
  if (!can_be_read(paths[0]))
    return std::vector<std::string>(count, path);
  return paths;
}

std::vector<Context> read_contexts(const std::string& path, int count,
                                   int first) {
  std::vector<Context> contexts;
  for (const auto& file : paths_of_chains(path, count, first))
    contexts.push_back(read_context(file));
  return contexts;
}

std::vector<Context> read_metrics(const std::string& path, int count,
                                  int first) {
  std::vector<Context> metrics;
  for (const auto& file : paths_of_chains(path, count, first)) {
    if (!ends_with(file, ".json")) {
      metrics.push_back(read_context(file));
      continue;
    }
    std::ifstream in = open(file);
    std::stringstream text;
    text << in.rdbuf();
    rapidjson::Document all;
    constexpr auto flags = rapidjson::kParseFullPrecisionFlag
                           | rapidjson::kParseNanAndInfFlag;
    all.Parse<flags>(text.str().c_str());
    if (all.HasParseError() || !all.IsObject() || !all.HasMember("inv_metric"))
      throw std::invalid_argument(
          "The metric file \"" + file
          + "\" is not a JSON object with a variable \"inv_metric\".");
    rapidjson::StringBuffer kept;
    rapidjson::Writer<rapidjson::StringBuffer> writer(kept);
    writer.StartObject();
    writer.Key("inv_metric");
    all["inv_metric"].Accept(writer);
    writer.EndObject();
    std::istringstream json(kept.GetString());
    metrics.push_back(std::make_shared<stan::json::json_data>(json));
  }
  return metrics;
}

Eigen::MatrixXd read_draws(const std::string& path,
                           const stan::model::model_base& model) {
  StanCsv fit;
  try {
    fit = read_stan_csv(path);
  } catch (const std::exception& e) {
    throw std::invalid_argument(
        "Error reading fitted param names from sample csv file \"" + path
        + "\": " + e.what());
  }
  std::vector<std::string> names;
  model.constrained_param_names(names, false, false);
  Eigen::MatrixXd draws(fit.rows.rows(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const auto found = std::find(fit.names.begin(), fit.names.end(), names[i]);
    if (found == fit.names.end())
      throw std::invalid_argument(
          "Error reading fitted param names from sample csv file \"" + path
          + "\": it has no column for \"" + names[i]
          + "\". Give the output of a program with the same parameters.");
    draws.col(i) = fit.rows.col(found - fit.names.begin());
  }
  return draws;
}

std::vector<Eigen::VectorXd> read_unconstrained(
    const std::string& path, const stan::model::model_base& model) {
  std::vector<Eigen::VectorXd> sets;
  if (is_csv(path)) {
    const Eigen::MatrixXd draws = read_draws(path, model);
    for (Eigen::Index i = 0; i < draws.rows(); ++i) {
      const Eigen::VectorXd constrained = draws.row(i);
      Eigen::VectorXd unconstrained;
      model.unconstrain_array(constrained, unconstrained, &std::cout);
      sets.push_back(unconstrained);
    }
    return sets;
  }
  const Context context = read_context(path);
  Eigen::VectorXd unconstrained;
  model.transform_inits(*context, unconstrained, &std::cout);
  sets.push_back(unconstrained);
  return sets;
}

}  // namespace driver
