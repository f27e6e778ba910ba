// The on-device execution on the pretend machine: every solver with every transfer mode agrees with the
// oracle, takes exactly the bytes that its footprint announced, leaves nothing behind, and sees who writes
// outside. A solver of the table or a transfer mode is found by itself; to add a problem, a line in
// solvers_under_test().
#include "gpu/check.hpp"
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

/// Where a bad solver writes: a block, and an offset from its first byte or from the one behind its last.
struct Stray {
  enum { output, second_output, state, workspace } block;
  bool behind;
  std::ptrdiff_t offset;
  const char* named;  ///< what the sentence must say; empty: no damage
};

Stray stray;

void write_astray(DeviceContext& context, const DevicePiece& piece) {
  solve_as_kernel<argmax_problem>(context, piece);
  const auto bytes_of_array = [](const DeviceArray& array) {
    return std::span(static_cast<std::byte*>(array.data), array.bytes());
  };
  const std::span<std::byte> block = stray.block == Stray::workspace       ? piece.workspace
                                     : stray.block == Stray::state         ? bytes_of_array(piece.state[0])
                                     : stray.block == Stray::second_output ? bytes_of_array(piece.out.back())
                                                                           : bytes_of_array(piece.out[0]);
  block.data()[stray.offset + static_cast<std::ptrdiff_t>(stray.behind ? block.size() : 0)] = std::byte{7};
}

TEST(DeviceExecution, SeesWhatIsWrittenOutside) {
  DeviceSolver solver = pretend_solver<argmax_problem>();
  solver.solve = write_astray;
  solver.workspace = [](const Shape&, Type, const Limits&) { return std::size_t{100}; };
  constexpr Stray cases[] = {
      {Stray::output, false, -1, "outside output index, in front"},
      {Stray::output, false, -256, "outside output index, in front"},
      {Stray::output, true, 0, "outside output index, behind"},
      {Stray::second_output, true, 255, "outside output"},
      {Stray::state, false, -1, "outside state index, in front"},
      {Stray::state, true, 0, "outside state index, behind"},
      {Stray::workspace, false, -1, "outside its workspace, in front"},
      {Stray::workspace, true, 0, "outside its workspace, behind"},
      {Stray::workspace, true, 255, "outside its workspace, behind"},
      {Stray::workspace, true, -1, ""},
      {Stray::workspace, false, 0, ""},
  };
  for (const Stray& each : cases) {
    stray = each;
    fake::start();
    Case subject(solver, "pageable");
    const Ending ending = run_case(subject);
    if (*each.named == '\0')
      EXPECT_EQ(ending.how, Ended::ok) << ending.what;
    else
      EXPECT_NE(ending.what.find(each.named), std::string::npos) << ending.what << " != " << each.named;
    expect_nothing_left(subject);
  }
}

int spoiled_bytes, seen_bytes;

/// Writes nothing; counts the bytes it could have relied on, and those of them that are spoiled.
void only_look(DeviceContext&, const DevicePiece& piece) {
  const auto look = [](std::span<const std::byte> bytes) {
    seen_bytes += static_cast<int>(bytes.size());
    spoiled_bytes += static_cast<int>(std::count(bytes.begin(), bytes.end(), std::byte{0xFF}));
  };
  for (const auto& arrays : {piece.out, piece.state})
    for (const DeviceArray& array : arrays) look({static_cast<std::byte*>(array.data), array.bytes()});
  look(piece.workspace);
}

TEST(DeviceExecution, SpoilsResultsWhereTheyLive) {
  DeviceSolver solver = pretend_solver<norm2_problem>();
  solver.solve = only_look;
  solver.workspace = [](const Shape&, Type, const Limits&) { return std::size_t{100}; };
  for (const char* transfer : pageable_and_pinned) {
    fake::start();
    seen_bytes = spoiled_bytes = 0;
    Case subject(solver, transfer);
    EXPECT_EQ(run_case(subject).how, Ended::failed) << "a solver that writes nothing";
    EXPECT_GT(seen_bytes, 100);
    EXPECT_EQ(spoiled_bytes, seen_bytes);
  }
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
