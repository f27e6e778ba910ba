// Row means through GEMV on the CPU, cuBLAS replaced by plain loops: against the oracle at the edges of
// blocks of columns and over hostile fills, near the ends of f32's range, in pieces, and with every barrier
// needed. To add a case: a shape in `shapes`.
#include "common/row_means.hpp"
#include "gpu/cublas.hpp"
#include "gpu/solvers.hpp"
#include "tests/shim/barriers.hpp"
#include "tests/solver_runner.hpp"

namespace crossover::test {
namespace {

const std::vector<Shape> shapes = {Shape{{1, 1}},    Shape{{3, 2}},     Shape{{40, 255}},   Shape{{9, 256}},
                                   Shape{{9, 257}},  Shape{{5, 511}},   Shape{{70, 31}},    Shape{{3, 1000}},
                                   Shape{{2, 5000}}, Shape{{1, 70001}}, Shape{{20, 263000}}};

/// Rows [first, end), with exactly the workspace that was asked for, in front of a page nobody may touch.
void solve(const Given& given, const Arrays& out, Index first, Index end) {
  static gpu::Cublas cublas;
  const DeviceSolver solver = gpu::row_means_cublas_solvers().front();
  DeviceContext context{.limits = {.multiprocessors = 1}, .cublas = &cublas};
  Shape shape = given.shape;
  shape[row_means::rows] = end - first;
  const auto part = [&](const HostArray& array) {
    const HostArray rows = array.slice(first, end - first);
    return std::vector<DeviceArray>{{rows.data, rows.type, rows.extents}};
  };
  const auto in = part(given.in.all()[0]), written = part(out.all()[0]);
  const std::size_t bytes = workspace_bytes(solver, shape, given.type, context.limits);
  const GuardedArray workspace(Type::f64, {1, {static_cast<Index>(bytes + 63) / 64 * 8, 1}});
  auto* const memory = static_cast<std::byte*>(workspace.array().data);
  solver.solve(context, {.in = in,
                         .state = {},
                         .out = written,
                         .workspace = {memory, bytes},
                         .shape = shape,
                         .whole = given.shape,
                         .first = first});
}

TEST(RowMeansCublas, AgreesWithTheOracle) {
  for (const Shape& shape : shapes)
    for (const Type type : {Type::f32, Type::f64})
      for (const Fill& fill : fills) {
        if (shape[row_means::cols] > 100'000 && std::string_view(fill.name) != "large_offset") continue;
        const Given given(row_means_problem(), shape, type, fill);
        const Arrays out(given.problem.out, shape, type);
        out.fill_bytes(0xFF);
        solve(given, out, 0, shape[row_means::rows]);
        const Check check = given.oracle()(out.all());
        EXPECT_TRUE(check.ok) << given.text() << ": " << check.what;
      }
}

/// Sums that f32 cannot hold, of means that it can.
TEST(RowMeansCublas, HoldsValuesNearTheEndOfTheRange) {
  const Fill greatest{"greatest", [](const Place&) -> double { return std::numeric_limits<float>::max(); }};
  const Fill both{"both", [](const Place& at) -> double {
                    const double most = std::numeric_limits<float>::max();
                    return at.col % 64 < 32 ? most : -most;
                  }};
  for (const Fill& fill : {greatest, both})
    for (const Index cols : {64, 256, 320, 1024}) {
      const Given given(row_means_problem(), Shape{{3, cols}}, Type::f32, fill);
      const Arrays out(given.problem.out, given.shape, Type::f32);
      solve(given, out, 0, 3);
      for (const float mean : vector<float>(out.all()[0]))
        EXPECT_EQ(mean, fill.name == greatest.name ? std::numeric_limits<float>::max() : 0.0F) << fill.name;
    }
}

TEST(RowMeansCublas, AnswersPieces) {
  const Given given(row_means_problem(), Shape{{50, 300}}, Type::f32, {"seeded", seeded});
  const Arrays whole(given.problem.out, given.shape, Type::f32),
      parts(given.problem.out, given.shape, Type::f32);
  solve(given, whole, 0, 50);
  std::mt19937 random(5);
  const std::vector<Index> cuts = random_cuts(50, 4, random);
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) solve(given, parts, cuts[i], cuts[i + 1]);
  EXPECT_EQ(std::memcmp(whole.all()[0].data, parts.all()[0].data, whole.all()[0].bytes()), 0);
}

TEST(RowMeansCublas, NeedsItsBarriers) {
  for (const Type type : {Type::f32, Type::f64}) {
    const Given given(row_means_problem(), Shape{{20, 263000}}, type, {"seeded", seeded});
    const auto means = [&] {
      const Arrays out(given.problem.out, given.shape, type);
      solve(given, out, 0, 20);
      const auto* const bytes = static_cast<const char*>(out.all()[0].data);
      return std::string(bytes, bytes + out.all()[0].bytes());
    };
    shim::forget();
    const std::string expected = means();
    expect_every_barrier_needed(2, 5, [&](std::uint64_t seed) {
      shim::seed(seed);
      return means() != expected;
    });
  }
}

}  // namespace
}  // namespace crossover::test
