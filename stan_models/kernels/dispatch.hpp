// The likelihood of a mixture, with the widest instructions that the processor has.
//
// The pass is compiled once for each instruction set, by an attribute of the function and not
// by a flag, and chosen when it runs. (`target_clones` does the same, but neither for templates
// nor on every system.)
#ifndef STANMIX_DISPATCH_HPP
#define STANMIX_DISPATCH_HPP

#include "engine.hpp"

namespace stanmix {

enum class Instructions { baseline, avx2, avx512 };

// The widest of those compiled that the processor has.
inline Instructions best_instructions() {
#ifdef STANMIX_AVX512
  static const bool has_avx512 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
      && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512vl");
  if (has_avx512) return Instructions::avx512;
#endif
#ifdef STANMIX_AVX2
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2) return Instructions::avx2;
#endif
  return Instructions::baseline;
}

template <class Families, unsigned varying>
void pass_baseline(const Mixture<Families>& mixture, std::ptrdiff_t begin, std::ptrdiff_t end,
                   Likelihood& result) {
  Pass<Families, varying, PackOf<2>::Real>(mixture, begin, end, result).run();
}

#ifdef STANMIX_AVX2
template <class Families, unsigned varying>
STANMIX_AVX2 void pass_avx2(const Mixture<Families>& mixture, std::ptrdiff_t begin,
                            std::ptrdiff_t end, Likelihood& result) {
  Pass<Families, varying, PackOf<4>::Real>(mixture, begin, end, result).run();
}
#endif

#ifdef STANMIX_AVX512
template <class Families, unsigned varying>
STANMIX_AVX512 void pass_avx512(const Mixture<Families>& mixture, std::ptrdiff_t begin,
                                std::ptrdiff_t end, Likelihood& result) {
  Pass<Families, varying, PackOf<8>::Real>(mixture, begin, end, result).run();
}
#endif

// Rows are always added up by these pieces, so that the result is the same to the last bit
// whether or not several threads take part.
constexpr std::ptrdiff_t piece_rows = 128 * block_rows;

struct InTurn {
  template <class Body>
  void operator()(std::ptrdiff_t pieces, const Body& body) const {
    for (std::ptrdiff_t i = 0; i < pieces; ++i) body(i);
  }
};

// Log likelihood of a mixture and its gradient. The parameters of `varying` have a predictor.
// `each(pieces, body)` calls `body` for 0 to pieces - 1, in any order and by any thread.
template <unsigned varying, class Families, class Each = InTurn>
Likelihood evaluate(const Mixture<Families>& mixture,
                    Instructions instructions = best_instructions(), const Each& each = Each()) {
  const std::ptrdiff_t N = mixture.rows.size;
  const std::ptrdiff_t step = mixture.groups > 0 ? N : piece_rows;
  const std::ptrdiff_t pieces = N == 0 ? 0 : (N + step - 1) / step;
  Likelihood result(mixture);
  std::vector<Likelihood> parts(pieces, result);
  each(pieces, [&](std::ptrdiff_t i) {
    const std::ptrdiff_t begin = i * step, end = begin + step < N ? begin + step : N;
#ifdef STANMIX_AVX512
    if (instructions == Instructions::avx512)
      return pass_avx512<Families, varying>(mixture, begin, end, parts[i]);
#endif
#ifdef STANMIX_AVX2
    if (instructions == Instructions::avx2)
      return pass_avx2<Families, varying>(mixture, begin, end, parts[i]);
#endif
    pass_baseline<Families, varying>(mixture, begin, end, parts[i]);
  });
  for (const Likelihood& part : parts) result.add(part);
  if (!result.possible()) result.refuse();
  return result;
}

}  // namespace stanmix

#endif
