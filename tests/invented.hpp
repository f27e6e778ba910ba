// tests/data/invented-8c-gpu.json: a machine that there is not, with round figures, for tests of whatever
// rests on a profile. Every interval is +-2 %.
//
//   CPU       8 cores; L1 200, L2 100, L3 50, DRAM 10 GB/s read per thread (DRAM at most 40), copies 0.8 of
//   that;
//             100 GFLOP/s f32 and 50 f64 per thread
//   link      10 us, pageable 5 GB/s up and 4 down, pinned 20 both ways
//   device    16 GiB, 15 free; 1 TB/s, L2 4 TB/s, f32 10 and f64 5 TFLOP/s, cuBLAS 8; launch 5 us
//   sum, row_means f32, seconds for e elements: serial 20 ns + e x 1 ns; openmp (8) 5 us + e x 0.125 ns;
//             cuda 10 us + e x 4 B / 1 TB/s
//   similarity f32, k = 3: serial 10 ns + flops / 2 G/s; openmp-tiled (8) 5 us + flops / 500 G/s;
//             cublas-tiled 20 us + flops / 5 T/s
//
// A device's call_s is upload (pageable) + compute + download.
#pragma once

#include "bench/model/profile.hpp"

namespace crossover {

inline Profile invented_profile() { return load_profile(CROSSOVER_TEST_DATA + "/invented-8c-gpu.json"); }

}  // namespace crossover
