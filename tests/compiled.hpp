// Log densities of Stan programs that are compiled together: of the class of each program there is
// the log density alone, and nothing of what Stan's services ask of it besides.
// They have no functions that are compiled with the driver.
#define STANMIX_SLIM_PROGRAMS_COMPILED_HPP

#include <stan/io/json/json_data.hpp>
#include <stan/model/model_header.hpp>
#include <stan/model/prob_grad.hpp>

#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace stan::model {

// In the place of the class that programs derive from.
template <class Program>
struct Bare : prob_grad {
  using prob_grad::prob_grad;
};

}  // namespace stan::model

// Reads points until the end of a file of doubles, and writes the value and the gradient at each.
template <class Program>
void densities(std::istream& data, std::istream& points, std::ostream& found) {
  stan::json::json_data context(data);
  const Program program(context, 0, &std::cerr);
  std::vector<double> point(program.num_params_r());
  const auto bytes = [&](std::size_t numbers) { return numbers * sizeof(double); };
  while (points.read(reinterpret_cast<char*>(point.data()), bytes(point.size()))) {
    stan::math::nested_rev_autodiff nested;
    Eigen::Matrix<stan::math::var, Eigen::Dynamic, 1> u(point.size());
    for (std::size_t i = 0; i < point.size(); ++i) u[i] = point[i];
    stan::math::var value = program.template log_prob<true, true>(u, &std::cerr);
    value.grad();
    std::vector<double> row{value.val()};
    for (const stan::math::var& one : u) row.push_back(one.adj());
    found.write(reinterpret_cast<const char*>(row.data()), bytes(row.size()));
  }
}

using Densities = void (*)(std::istream&, std::istream&, std::ostream&);

// What `main` does: it is given a program's name, its data, points, and where to write.
inline int answer(const std::map<std::string, Densities>& programs, char** words) try {
  std::ifstream data(words[2]), points(words[3], std::ios::binary);
  std::ofstream found(words[4], std::ios::binary);
  programs.at(words[1])(data, points, found);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}

// Classes of programs follow.
#define USING_R
#define final
#define model_base_crtp Bare
