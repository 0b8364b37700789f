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

#if defined(__x86_64__)
#define STANMIX_AVX2 __attribute__((target("avx2,fma")))
#define STANMIX_AVX512 __attribute__((target("avx2,fma,avx512f,avx512dq,avx512vl")))

inline Instructions best_instructions() {
  static const Instructions best =
      !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ? Instructions::baseline
      : __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
              && __builtin_cpu_supports("avx512vl")
          ? Instructions::avx512
          : Instructions::avx2;
  return best;
}
#else
#define STANMIX_AVX2
#define STANMIX_AVX512

inline Instructions best_instructions() { return Instructions::baseline; }
#endif

template <class Family>
void pass_baseline(const Mixture<Family>& mixture, Likelihood& result) {
  Pass<Family, PackOf<2>::Real>(mixture, result).run();
}

template <class Family>
STANMIX_AVX2 void pass_avx2(const Mixture<Family>& mixture, Likelihood& result) {
  Pass<Family, PackOf<4>::Real>(mixture, result).run();
}

template <class Family>
STANMIX_AVX512 void pass_avx512(const Mixture<Family>& mixture, Likelihood& result) {
  Pass<Family, PackOf<8>::Real>(mixture, result).run();
}

// Log likelihood of a mixture and its gradient.
template <class Family>
Likelihood evaluate(const Mixture<Family>& mixture,
                    Instructions instructions = best_instructions()) {
  Likelihood result(mixture);
  switch (instructions) {
    case Instructions::avx512:
      pass_avx512(mixture, result);
      break;
    case Instructions::avx2:
      pass_avx2(mixture, result);
      break;
    case Instructions::baseline:
      pass_baseline(mixture, result);
      break;
  }
  return result;
}

}  // namespace stanmix

#endif
