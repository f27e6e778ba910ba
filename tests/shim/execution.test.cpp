// The on-device execution on the pretend machine: every solver with every transfer mode agrees with the
// oracle, takes exactly the bytes that its footprint announced, and leaves nothing behind. A solver of the
// table or a transfer mode is found by itself; to add a problem, a line in solvers_under_test().
#include "gpu/temporary_memory.hpp"
#include "tests/shim/device_cases.hpp"

namespace crossover::test {
namespace {

constexpr std::array pageable_and_pinned = {"pageable", "pinned"};

std::vector<Phase> phases_of(const std::vector<Step>& steps) {
  std::vector<Phase> phases;
  for (const Step& step : steps) phases.push_back(step.phase);
  return phases;
}

TEST(DeviceExecution, AgreesWithTheOracleAndItsFootprint) {
  for_each_solver([](const DeviceSolver& solver, const char* transfer) {
    for (const Type type : types_of(*find_problem(solver.problem), solver))
      for (const Index size : {1, 5, 64, 301}) {
        fake::start();
        Case subject(solver, transfer, size, type);
        gpu::device_memory(0).reset_peak();
        gpu::pinned_memory().reset_peak();
        const Footprint announced = gpu::footprint_of(subject.task);
        const auto device = gpu::device_bytes(subject.task, solver);
        const Ending ending = run_case(subject);
        ASSERT_EQ(ending.how, Ended::ok) << subject.text() << ": " << ending.what;
        ASSERT_EQ(device.has_value(), !solver.allocates) << subject.text();
        if (device) {
          ASSERT_EQ(gpu::device_memory(0).peak_bytes(), *device) << subject.text();
        }
        ASSERT_EQ(gpu::pinned_memory().peak_bytes(), announced.pinned_bytes) << subject.text();
        ASSERT_EQ(subject.memory.peak_bytes(), announced.host_bytes) << subject.text();
        expect_nothing_left(subject);
      }
  });
}

TEST(DeviceExecution, ChargesEachTransferModeItsOwnSteps) {
  fake::start();
  const DeviceSolver solver = pretend_solver<similarity_problem>();
  for (const char* transfer : pageable_and_pinned) {
    Case subject(solver, transfer);
    const auto execution = gpu::open_device(subject.task, solver);
    const bool pinned = std::string_view(transfer) == "pinned";
    EXPECT_EQ(phases_of(execution->opening()), pinned
                                                   ? (std::vector{Phase::allocate, Phase::pin, Phase::inputs})
                                                   : std::vector{Phase::allocate});
    EXPECT_EQ(phases_of(execution->call()),
              (std::vector{Phase::upload, Phase::upload_fresh, Phase::compute, Phase::download}));
    EXPECT_EQ(execution->call().back().count, 2) << "index and score";
    EXPECT_EQ(phases_of(execution->closing()), std::vector{Phase::release});
  }
}

TEST(DeviceExecution, HasNoUploadOfInputsThatTheProblemDoesNotHave) {
  fake::start();
  const DeviceSolver solver = pretend_solver<row_means_problem>();
  Case subject(solver, "pageable");
  EXPECT_EQ(phases_of(gpu::open_device(subject.task, solver)->call()),
            (std::vector{Phase::upload, Phase::compute, Phase::download}));
}

TEST(DeviceExecution, KeepsStationaryInputsOnTheDevice) {
  fake::start();
  const DeviceSolver solver = pretend_solver<similarity_problem>();
  for (const char* transfer : pageable_and_pinned) {
    Case subject(solver, transfer);
    const auto execution = gpu::open_device(subject.task, solver);
    Phase phase{};
    run_steps(*execution, execution->opening(), phase);
    run_steps(*execution, execution->call(), phase);
    execution->poison();
    const int copies_before = fake::calls(fake::Call::memcpy);
    for (const Step& step : execution->call())
      if (step.phase != Phase::upload) step.run();
    execution->wait();
    EXPECT_EQ(fake::calls(fake::Call::memcpy) - copies_before, 3) << "queries there, two results back";
    const Check check = subject.given.oracle()(execution->outputs());
    EXPECT_TRUE(check.ok) << check.what;
  }
}

TEST(DeviceExecution, UploadsFromPinnedMemoryWhatTheProducerWroteThere) {
  fake::start();
  const DeviceSolver solver = pretend_solver<row_means_problem>();
  Case subject(solver, "pinned");
  const Oracle oracle = subject.given.oracle();
  Arrays inputs(subject.given.problem.in, subject.given.shape, Type::f32);
  apply(seeded_fill(), inputs.all());
  subject.task.in = inputs.all();
  const auto execution = gpu::open_device(subject.task, solver);
  Phase phase{};
  run_steps(*execution, execution->opening(), phase);
  inputs.fill_bytes(0xFF);
  run_steps(*execution, execution->call(), phase);
  const Check check = oracle(execution->outputs());
  EXPECT_TRUE(check.ok) << check.what;
}

TEST(DeviceExecution, GivesEachOfSeveralItsOwnMemory) {
  fake::start();
  const DeviceSolver solver = pretend_solver<row_means_problem>();
  Case small(solver, "pageable", 5), large(solver, "pinned", 301);
  const auto first = gpu::open_device(small.task, solver), second = gpu::open_device(large.task, solver);
  Phase phase{};
  for (Execution* execution : {first.get(), second.get()}) run_steps(*execution, execution->opening(), phase);
  for (int turn = 0; turn < 2; ++turn)
    for (Execution* execution : {second.get(), first.get()}) {
      execution->poison();
      run_steps(*execution, execution->call(), phase);
    }
  EXPECT_TRUE(small.given.oracle()(first->outputs()).ok);
  EXPECT_TRUE(large.given.oracle()(second->outputs()).ok);
  EXPECT_EQ(gpu::device_memory(0).in_use_bytes(),
            *gpu::device_bytes(small.task, solver) + *gpu::device_bytes(large.task, solver));
}

/// As thrust-cached does: a block from the context, given back.
void solve_with_temporary_memory(DeviceContext& context, const DevicePiece& piece) {
  std::byte* const block = context.temporary->allocate(1000);
  solve_as_kernel<similarity_problem>(context, piece);
  context.temporary->deallocate(block, 1000);
}

TEST(DeviceExecution, OpensAndClosesAgain) {
  for (const char* transfer : pageable_and_pinned) {
    fake::start();
    DeviceSolver solver = pretend_solver<similarity_problem>();
    solver.solve = solve_with_temporary_memory;
    Case subject(solver, transfer);
    const auto execution = gpu::open_device(subject.task, solver);
    for (int opening = 0; opening < 3; ++opening) {
      Phase phase{};
      run_steps(*execution, execution->opening(), phase);
      for (int call = 0; call < 2; ++call) {
        execution->poison();
        run_steps(*execution, execution->call(), phase);
        EXPECT_EQ(execution->damage(), "");
        const Check check = subject.given.oracle()(execution->outputs());
        EXPECT_TRUE(check.ok) << check.what;
        EXPECT_EQ(execution->outputs().size(), 2U);
      }
      run_steps(*execution, execution->closing(), phase);
      expect_nothing_left(subject);
    }
  }
}

TEST(DeviceExecution, FitsIntoItsLimitAndNotIntoOneByteLess) {
  for_each_solver([](const DeviceSolver& solver, const char* transfer) {
    if (solver.allocates) return;
    fake::start();
    Case subject(solver, transfer);
    const std::size_t needed = *gpu::device_bytes(subject.task, solver);
    subject.task.device_limit_bytes = needed;
    EXPECT_EQ(run_case(subject).how, Ended::ok) << subject.text();
    subject.task.device_limit_bytes = needed - 1;
    const Ending ending = run_case(subject);
    EXPECT_EQ(ending.how, Ended::out_of_memory) << subject.text();
    EXPECT_EQ(ending.phase, Phase::allocate);
    EXPECT_LT(ending.available_bytes, ending.needed_bytes);
    EXPECT_NE(ending.what.find("limit"), std::string::npos) << ending.what;
    expect_nothing_left(subject);
  });
}

TEST(DeviceExecution, AbandonedHalfWayReturnsEverything) {
  for_each_solver([](const DeviceSolver& solver, const char* transfer) {
    fake::start();
    Case subject(solver, transfer);
    {
      const auto execution = gpu::open_device(subject.task, solver);
      for (const Step& step : execution->opening()) step.run();
      for (const Step& step : execution->call()) step.run();
    }
    expect_nothing_left(subject);
  });
}

TEST(DeviceExecution, RefusesWhatTheBackendDoesNotHave) {
  fake::start();
  Case subject(pretend_solver<row_means_problem>(), "pageable");
  EXPECT_THROW(gpu::open_device(subject.task), std::invalid_argument) << "pretend is not in the table";
  subject.task.transfer = "carrier pigeon";
  EXPECT_THROW(gpu::open_device(subject.task, subject.solver), std::invalid_argument);
  EXPECT_FALSE(gpu::footprint_of(subject.task).device_bytes.has_value());
}

TEST(DeviceExecution, SaysWhichShapesASolverCannotTake) {
  fake::start();
  DeviceSolver solver = pretend_solver<row_means_problem>();
  solver.cannot = [](const Shape& shape, Type) -> std::string {
    return shape[row_means::rows] > 8 ? "takes 8 rows: choose another solver" : "";
  };
  Case small(solver, "pageable", 8), large(solver, "pageable", 9);
  EXPECT_EQ(run_case(small).how, Ended::ok);
  const Ending ending = run_case(large);
  EXPECT_EQ(ending.how, Ended::unavailable);
  EXPECT_EQ(ending.what, "takes 8 rows: choose another solver");
}

}  // namespace
}  // namespace crossover::test
