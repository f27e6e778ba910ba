// On a device, where there is one: every solver of the cuda backend, on the shapes of shapes.hpp and every
// fill, whole and in pieces, agrees with its problem's oracle, writes nowhere else and takes the memory it
// announced. A new solver is found through the table; a shape is a line in shapes.hpp, a fill one in
// tests/fills.hpp.
#include <cstdio>

#include "gpu/transfer.hpp"
#include "tests/cuda/on_device.hpp"
#include "tests/cuda/shapes.hpp"

namespace crossover::test {
namespace {

constexpr double most_flops_of_every_fill = 1e7, most_flops_of_a_small_device = 1e8;

/// bench/on_device asks for it where a checker looks for memory that nobody wrote.
Before before_calls() {
  return std::getenv("CROSSOVER_TEST_UNWRITTEN") ? Before::unwritten : Before::poisoned;
}

class OnDevice : public ::testing::TestWithParam<const DeviceSolver*> {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_device(); !why.empty()) CROSSOVER_CANNOT_RUN(why);
    limits_ = device_limits();
  }
  const DeviceSolver& solver() const { return *GetParam(); }
  const Problem& problem() const { return *find_problem(solver().problem); }

  std::vector<Shape> shapes(bool only_tiny) const {
    std::vector<Shape> all;
    for (const Subject& subject : subjects_of(problem()))
      if (subject.tiny || !only_tiny) all.push_back(subject.shape);
    return all;
  }

  void expect_right(const Shape& shape, Type type, const Fill& fill, const char* transfer,
                    const Limits& limits, int chunks = 1) {
    Case subject(solver(), transfer, shape, type, fill);
    subject.task.limits = limits;
    subject.task.chunks = chunks;
    gpu::device_memory(0).reset_peak();
    const Ending ending = run_case(subject, before_calls());
    const std::string text = subject.text() + ", " + std::to_string(chunks) + " pieces, " +
                             std::to_string(limits.multiprocessors) + " multiprocessors";
    if (ending.how == Ended::unavailable) CROSSOVER_CANNOT_RUN(ending.what);
    ASSERT_EQ(ending.how, Ended::ok) << text << ": " << ending.what;
    if (const auto announced = gpu::device_bytes(subject.task, solver())) {
      ASSERT_EQ(gpu::device_memory(0).peak_bytes(), *announced) << text;
    }
    ASSERT_EQ(gpu::device_memory(0).in_use_bytes(), 0U) << text;
  }

  bool over() const { return HasFatalFailure() || IsSkipped(); }

  Limits limits_{};
};

TEST_P(OnDevice, AgreesWithTheOracle) {
  for (const Type type : types_of(problem(), solver()))
    for (const Shape& shape : shapes(tiny())) {
      const double flops = problem().work(shape, type).flops;
      for (const Fill& fill : fills) {
        const bool is_seeded = &fill == &seeded_fill();
        if (!is_seeded && (flops > most_flops_of_every_fill || tiny())) continue;
        if (flops < most_flops_of_a_small_device) expect_right(shape, type, fill, "pageable", small_device);
        if (!over() && !tiny()) expect_right(shape, type, fill, "pageable", limits_);
        if (over()) return;
      }
      if (flops > most_flops_of_a_small_device || tiny()) continue;
      for (const gpu::Transfer& transfer : gpu::transfers().subspan(1)) {
        expect_right(shape, type, seeded_fill(), transfer.name, limits_);
        if (over()) return;
      }
    }
}

/// Equal rows score equally whatever piece they are in: ties. Pieces differ in size by one.
TEST_P(OnDevice, AgreesInPieces) {
  for (const Type type : types_of(problem(), solver()))
    for (const Shape& shape : shapes(true))
      for (const int chunks : tiny() ? std::vector{3} : std::vector{2, 7, 33})
        for (const Fill& fill : fills) {
          const bool has_ties = fill.name == std::string_view("ties");
          if (&fill != &seeded_fill() && (tiny() || !has_ties)) continue;
          expect_right(shape, type, fill, chunks == 7 ? "pinned" : "pageable",
                       chunks == 2 ? limits_ : small_device, chunks);
          if (over()) return;
        }
}

INSTANTIATE_TEST_SUITE_P(Solvers, OnDevice, ::testing::ValuesIn(solvers_on_device()), [](const auto& each) {
  std::string name = std::string(each.param->problem) + "_" + each.param->name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace crossover::test

/// A device that is gone since the tests were listed leaves nothing that a filter finds: no success.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const int status = RUN_ALL_TESTS();
  if (testing::UnitTest::GetInstance()->test_to_run_count() > 0 || GTEST_FLAG_GET(list_tests)) return status;
  std::fprintf(stderr,
               "no test is named so: with a device there is one for each solver, without it one for all\n");
  return 1;
}
