// Some of the rows, of which a gradient is made that is on average that of all.
//
// Rows are taken in blocks that are as even as can be; the sum over one of them, times their
// number, has the sum over all rows as its mean. The numbers at which the gradient is taken choose
// the block: where they are drawn at random, as in variational inference, so is the block, and
// the same numbers have the same gradient in every process.
#ifndef STANMIX_MINIBATCH_HPP
#define STANMIX_MINIBATCH_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace stanmix {

// Mixes numbers one after another into 64 bits that look random (splitmix64 of Steele, Lea &
// Flood, 2014).
class Key {
 public:
  void add(double number) {
    std::uint64_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    state_ = mixed((state_ ^ bits) + 0x9e3779b97f4a7c15);
  }

  // A whole number from 0 on, below `end`, which is below 2^53.
  std::ptrdiff_t below(std::ptrdiff_t end) const {
    return static_cast<std::ptrdiff_t>(static_cast<double>(state_ >> 11) * 0x1p-53
                                       * static_cast<double>(end));
  }

 private:
  static std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }

  std::uint64_t state_ = 0;
};

// Rows from `begin` to before `end`, for which `scale` times as many stand.
struct Minibatch {
  std::ptrdiff_t begin, end;
  double scale;

  std::ptrdiff_t size() const { return end - begin; }
};

inline Minibatch all_rows(std::ptrdiff_t N) { return {0, N, 1}; }

// One of the blocks of at most `most` of N rows.
inline Minibatch block_of_rows(std::ptrdiff_t N, std::ptrdiff_t most, const Key& key) {
  const std::ptrdiff_t blocks = N / most + (N % most > 0);
  if (blocks < 2) return all_rows(N);
  const std::ptrdiff_t block = key.below(blocks);
  return {block * N / blocks, (block + 1) * N / blocks, static_cast<double>(blocks)};
}

}  // namespace stanmix

#endif
