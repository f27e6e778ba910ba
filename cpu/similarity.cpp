// The table of similarity solvers. Those that fold keep their running lists in the state.
#include <array>

#include "cpu/solvers.hpp"
#include "cpu/tile_kernels.hpp"

namespace crossover::cpu {

std::span<const HostSolver> similarity_solvers() {
  static const std::array solvers = {
      HostSolver{{.problem = "similarity",
                  .name = "serial",
                  .strategy = "one thread, plain triple loop, not vectorised",
                  .threaded = false,
                  .workspace = similarity_serial_workspace},
                 similarity_serial},
      HostSolver{
          {.problem = "similarity",
           .name = "eigen-full",
           .strategy = "normalised copies, one Eigen product into the whole score matrix, then selection",
           .folds = false,
           .workspace = similarity_eigen_full_workspace,
           .inside = similarity_eigen_full_inside},
          similarity_eigen_full},
      HostSolver{
          {.problem = "similarity",
           .name = "eigen-tiled",
           .strategy = "an Eigen product for each tile of up to 960 rows x 256 queries, then its selection",
           .workspace = similarity_eigen_tiled_workspace},
          similarity_eigen_tiled},
      HostSolver{{.problem = "similarity",
                  .name = "blas-full",
                  .strategy = "as eigen-full, with the product of an installed BLAS and its threads",
                  .folds = false,
                  .workspace = similarity_blas_full_workspace,
                  .allocates = true,
                  .library = "BLAS",
                  .cannot = similarity_blas_cannot},
                 similarity_blas_full},
      HostSolver{{.problem = "similarity",
                  .name = "blas-tiled",
                  .strategy = "as eigen-tiled, with the product of an installed BLAS",
                  .workspace = similarity_blas_tiled_workspace,
                  .allocates = true,
                  .library = "BLAS",
                  .cannot = similarity_blas_cannot},
                 similarity_blas_tiled},
      HostSolver{{.problem = "similarity",
                  .name = "onednn-tiled",
                  .strategy = "as eigen-tiled, with oneDNN's product",
                  .workspace = similarity_onednn_tiled_workspace,
                  .allocates = true,
                  .library = "oneDNN"},
                 similarity_onednn_tiled},
      HostSolver{{.problem = "similarity",
                  .name = "openmp-tiled",
                  .strategy = "threads over tiles, product in registers, selection while scores are in L1",
                  .workspace = similarity_tiled_workspace,
                  .setting = [] { return std::string(tile_kernels().name); }},
                 similarity_tiled},
  };
  return solvers;
}

}  // namespace crossover::cpu
