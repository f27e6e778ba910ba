// Tasks in pieces, as past the device's memory: every solver agrees with the oracle however it is cut, takes
// exactly the bytes that its footprint announced, and leaves nothing behind. A solver of the table is found
// by itself; to add a number of pieces, extend `cuts`.
#include <map>

#include "gpu/pieces.hpp"
#include "tests/shim/device_cases.hpp"

namespace crossover::test {
namespace {

/// Numbers of pieces of 37 indices; more of them, and more than there are indices, for the first type only.
std::vector<int> cuts_of(const DeviceSolver& solver, Type type) {
  if (type == types_of(*find_problem(solver.problem), solver)[0]) return {2, 5, 16, 1000};
  return {3};
}

TEST(Chunks, AgreeWithTheOracleAndTheFootprint) {
  for (const DeviceSolver& solver : solvers_under_test())
    for (const Type type : types_of(*find_problem(solver.problem), solver))
      for (const int chunks : cuts_of(solver, type)) {
        fake::start();
        Case subject(solver, chunks % 2 == 0 ? "pageable" : "pinned", 37, type);
        subject.task.chunks = chunks;
        gpu::device_memory(0).reset_peak();
        const auto device = gpu::device_bytes(subject.task, solver);
        const Ending ending = run_case(subject);
        ASSERT_EQ(ending.how, Ended::ok) << subject.text() << " in " << chunks << ": " << ending.what;
        if (device) {
          ASSERT_EQ(gpu::device_memory(0).peak_bytes(), *device) << subject.text() << " in " << chunks;
        }
        expect_nothing_left(subject);
      }
}

TEST(Chunks, AgreeWhateverIsInThem) {
  constexpr std::array<std::string_view, 4> telling = {"one_nan", "nan_at_ends", "both_infinities", "ties"};
  for (const DeviceSolver& solver : solvers_under_test())
    for (const Fill& fill : fills) {
      if (std::find(telling.begin(), telling.end(), std::string_view(fill.name)) == telling.end()) continue;
      fake::start();
      Case subject(solver, "pageable", 23, types_of(*find_problem(solver.problem), solver)[0], fill);
      subject.task.chunks = 4;
      const Ending ending = run_case(subject);
      EXPECT_EQ(ending.how, Ended::ok) << subject.text() << ": " << ending.what;
    }
}

/// Copies of one row, in pieces whose lengths differ by one: were they cut into tiles of different sizes, the
/// library would add in another order, and copies would score unequally by their last bits.
TEST(Chunks, GiveEqualScoresToTheLowestIndexOfAll) {
  const Fill copies{"copies", [](const Place& at) {
                      return seeded({at.operand, at.operand * at.row, at.col, at.rows, at.cols});
                    }};
  for (const DeviceSolver& solver : solvers_under_test()) {
    if (std::string_view(solver.problem) != "similarity" || std::string_view(solver.name) == "pretend")
      continue;
    fake::start();
    Case subject(solver, "pageable", Shape{{257, 40, 100, 3}}, Type::f32, copies);  // pieces of 128 and 129
    subject.task.chunks = 2;
    const auto execution = gpu::open_device(subject.task, solver);
    Phase phase{};
    run_steps(*execution, execution->opening(), phase);
    run_steps(*execution, execution->call(), phase);
    const std::span<const Index> index = vector<const Index>(execution->outputs()[0]);
    for (std::size_t i = 0; i < index.size(); ++i)
      ASSERT_EQ(index[i], static_cast<Index>(i % 3)) << solver.name << ", query " << i / 3;
    run_steps(*execution, execution->closing(), phase);
  }
}

std::vector<std::pair<Phase, int>> phases_of(Execution& execution) {
  std::vector<std::pair<Phase, int>> phases;
  for (const Step& step : execution.call()) phases.emplace_back(step.phase, step.count);
  return phases;
}

using Phases = std::vector<std::pair<Phase, int>>;

TEST(Chunks, UploadOnceWhatIsNotCut) {
  fake::start();
  DeviceSolver solver = pretend_solver<similarity_problem>();
  Case folding(solver, "pageable");
  folding.task.chunks = 2;
  EXPECT_EQ(phases_of(*gpu::open_device(folding.task, solver)),
            (Phases{{Phase::upload_fresh, 1},  // the queries
                    {Phase::upload_fresh, 1},  // half of the corpus: it cannot stay
                    {Phase::compute, 1},
                    {Phase::upload_fresh, 1},
                    {Phase::compute, 1},
                    {Phase::download, 2}}));
  solver.folds = false;
  Case mapping(solver, "pageable");
  mapping.task.chunks = 2;
  EXPECT_EQ(phases_of(*gpu::open_device(mapping.task, solver)),
            (Phases{{Phase::upload, 1},        // the corpus
                    {Phase::upload_fresh, 1},  // half of the queries
                    {Phase::compute, 1},
                    {Phase::upload_fresh, 1},
                    {Phase::compute, 1},
                    {Phase::download, 2}}));
}

struct Seen {
  Index first, count;
  bool start, last;
  friend bool operator==(const Seen&, const Seen&) = default;
};
std::vector<Seen> seen;

template <int axis>
void note(DeviceContext& context, const DevicePiece& piece) {
  solve_as_kernel<similarity_problem>(context, piece);
  seen.push_back({piece.first, piece.shape[axis], piece.start, piece.last});
  EXPECT_EQ(piece.in[axis].extents.size[0], piece.shape[axis]);
  EXPECT_EQ(piece.in[1 - axis].extents.size[0], piece.whole[1 - axis]);
  EXPECT_EQ(piece.out[0].extents.size[0], piece.shape[similarity::queries]);
  EXPECT_EQ(piece.state[0].extents.size[0], piece.shape[similarity::queries]);
  EXPECT_EQ(piece.workspace.size(), 8000U / static_cast<std::size_t>(piece.shape[similarity::corpus]));
  std::fill(piece.workspace.begin(), piece.workspace.end(), std::byte{0});
}

TEST(Chunks, ContinueAStateAlongAFoldAndStandAloneAlongAMap) {
  DeviceSolver solver = pretend_solver<similarity_problem>();
  solver.workspace = [](const Shape& shape, Type, const Limits&) -> std::size_t {
    return 8000 / static_cast<std::size_t>(shape[similarity::corpus]);  // a short piece wants more
  };
  for (const bool folds : {true, false}) {
    solver.folds = folds;
    solver.solve = folds ? note<similarity::corpus> : note<similarity::queries>;
    fake::start();
    Case subject(solver, "pageable", folds ? 8 : 18);  // 18 rows: 8 queries
    subject.task.chunks = 3;
    seen.clear();
    const Ending ending = run_case(subject);
    EXPECT_EQ(ending.how, Ended::ok) << ending.what;
    EXPECT_EQ(seen, (std::vector<Seen>{{0, 2, true, !folds}, {2, 3, !folds, !folds}, {5, 3, !folds, true}}));
  }
}

TEST(Chunks, CoverTheAxisWithPiecesOfOneOrTwoSizes) {
  const DeviceSolver solver = pretend_solver<row_means_problem>();
  Task task = Case(solver, "pageable").task;
  for (const Index rows : {Index{1}, Index{2}, Index{7}, Index{1000}, Index{1} << 45})
    for (const int chunks : {1, 2, 3, 7, 64, 4096}) {
      task.shape[row_means::rows] = rows;
      task.chunks = chunks;
      const gpu::Pieces pieces(task, solver);
      ASSERT_EQ(pieces.count(), std::min<Index>(chunks, rows));
      Index covered = 0;
      for (int piece = 0; piece < pieces.count(); ++piece) {
        ASSERT_EQ(pieces.first(piece), covered);
        const Index size = pieces.shape(piece)[row_means::rows];
        ASSERT_TRUE(size == pieces.longest()[row_means::rows] || size == pieces.shape(0)[row_means::rows]);
        ASSERT_LE(size, pieces.longest()[row_means::rows]);
        covered += size;
      }
      ASSERT_EQ(covered, rows);
    }
}

TEST(Chunks, FitWhereTheWholeDoesNot) {
  for (const DeviceSolver& solver : solvers_under_test()) {
    if (solver.allocates) continue;
    fake::start();
    const Problem& problem = *find_problem(solver.problem);
    Case subject(solver, "pageable", problem.axes.size() == 1 ? 4000 : 200, types_of(problem, solver)[0]);
    const std::size_t whole = *gpu::device_bytes(subject.task, solver);
    subject.task.chunks = 7;
    const std::size_t cut = *gpu::device_bytes(subject.task, solver);
    EXPECT_LT(cut, whole) << subject.text();
    subject.task.device_limit_bytes = cut;
    EXPECT_EQ(run_case(subject).how, Ended::ok) << subject.text();
    subject.task.chunks = 1;
    EXPECT_EQ(run_case(subject).how, Ended::out_of_memory) << subject.text();
    expect_nothing_left(subject);
  }
}

TEST(Chunks, MayBeCalledAgain) {
  for (const DeviceSolver& solver : pretend_solvers()) {
    fake::start();
    Case subject(solver, "pageable");
    subject.task.chunks = 5;
    const auto execution = gpu::open_device(subject.task, solver);
    Phase phase{};
    run_steps(*execution, execution->opening(), phase);
    for (int call = 0; call < 3; ++call) {
      execution->poison();
      for (const Step& step : execution->call()) step.run();
      execution->wait();
      const Check check = subject.given.oracle()(execution->outputs());
      EXPECT_TRUE(check.ok) << subject.text() << ": " << check.what;
      EXPECT_EQ(execution->damage(), "");
    }
    run_steps(*execution, execution->closing(), phase);
    expect_nothing_left(subject);
  }
}

}  // namespace
}  // namespace crossover::test
