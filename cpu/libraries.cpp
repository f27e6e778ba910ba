#include "cpu/libraries.hpp"

#include <array>
#include <vector>

#include "cpu/blas.hpp"
#include "cpu/onednn.hpp"

namespace crossover::cpu {
namespace {

constexpr Index small = 256;  // rows and columns of a first product: enough for every thread to get a part

struct SmallMatrices {
  std::vector<float> queries = std::vector<float>(std::size_t{small} * small), corpus = queries,
                     scores = queries;
};

void load_blas() { Blas::get(); }
void load_onednn() { Onednn::get(); }

void multiply_once_blas(int threads) {
  SmallMatrices of;
  Blas::get().use_threads(threads);
  Blas::get().reserve(threads);
  Blas::get().multiply(of.queries.data(), small, of.corpus.data(), small, small, of.scores.data());
}

void multiply_once_onednn(int threads) {
  SmallMatrices of;
  Onednn::get().multiply(of.queries.data(), small, of.corpus.data(), small, small, of.scores.data(), threads);
}

}  // namespace

std::span<const Library> libraries() {
  static const std::array table = {
      Library{"BLAS", Blas::variable, load_blas, multiply_once_blas, [] { return Blas::get().description(); },
              [] { return Blas::get().caution(); }, openblas_buffer_bytes},
      Library{"oneDNN", Onednn::variable, load_onednn, multiply_once_onednn,
              [] { return Onednn::get().description(); }, [] { return Onednn::get().caution(); },
              std::size_t{8} << 20},
  };
  return table;
}

const Library* find_library(const char* name) {
  for (const Library& library : libraries())
    if (name && std::string_view(library.name) == name) return &library;
  return nullptr;
}

}  // namespace crossover::cpu
