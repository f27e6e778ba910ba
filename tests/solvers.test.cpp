// Every solver of the cpu backend, on every shape and fill below, agrees with its problem's oracle: as a
// whole through its execution, cut into random pieces, and merged from independent states; and the
// oracles themselves notice planted errors. A new problem or solver is found through the tables; a shape
// is a line in `sizes`, a fill a line in tests/fills.hpp.
#include <algorithm>

#include "tests/solver_runner.hpp"

namespace crossover::test {
namespace {

/// First axis (of vectors: their length), inner axis, and map axis where another axis folds.
struct Sizes {
  Index first, inner, map;
};

constexpr std::array sizes = {
    Sizes{1, 1, 1},      Sizes{1, 1000, 1},   Sizes{1000, 1, 3},   Sizes{31, 33, 32},   Sizes{32, 32, 31},
    Sizes{33, 31, 33},   Sizes{127, 129, 65}, Sizes{255, 16, 257}, Sizes{256, 255, 3},  Sizes{257, 256, 33},
    Sizes{1023, 64, 2},  Sizes{1024, 65, 1},  Sizes{1025, 17, 63}, Sizes{65, 1023, 17}, Sizes{64, 1024, 16},
    Sizes{33, 1025, 15}, Sizes{40'003, 7, 9},
};

Shape shape_of(const Problem& problem, const Sizes& size) {
  const bool folds = problem.axis_with(Role::fold) >= 0;
  Shape shape;
  for (std::size_t i = 0; i < problem.axes.size(); ++i) {
    const Axis& axis = problem.axes[i];
    shape[static_cast<int>(i)] = axis.role == Role::fold    ? size.first
                                 : axis.role == Role::map   ? (folds ? size.map : size.first)
                                 : axis.role == Role::inner ? size.inner
                                                            : std::min(axis.fallback, size.first);
  }
  return shape;
}

class EverySolver : public ::testing::TestWithParam<const SolverInfo*> {
 protected:
  void SetUp() override {
    if (const std::string why = absence(solver()); !why.empty()) GTEST_SKIP() << why;
  }
  const SolverInfo& solver() const { return *GetParam(); }
  const cpu::HostSolver& host_solver() const {
    return *cpu::find_host_solver(solver().problem, solver().name);
  }
  const Problem& problem() const { return *find_problem(solver().problem); }

  /// Calls body(given) for every type and fill at each of `chosen`, until something fails.
  template <class Body>
  void for_each(std::span<const Sizes> chosen, Body body) const {
    for (const Type type : types_of(problem(), solver()))
      for (const Sizes& size : chosen)
        for (const Fill& fill : fills) {
          body(Given(problem(), shape_of(problem(), size), type, fill));
          if (HasFatalFailure()) return;
        }
  }
};

constexpr std::array piece_sizes = {Sizes{1, 1, 1}, Sizes{33, 31, 33}, Sizes{1025, 17, 63},
                                    Sizes{40'003, 7, 9}};

TEST_P(EverySolver, AgreesWithTheOracle) {
  int turn = 0;  // every shape meets 2 and 3 threads, each with half of the fills
  for_each(sizes, [&](const Given& given) {
    const Oracle oracle = given.oracle_of(solver());
    expect_whole(given, solver(), 1, oracle);
    if (solver().threaded && !HasFatalFailure()) expect_whole(given, solver(), 2 + turn++ % 2, oracle);
  });
}

TEST_P(EverySolver, IsTheSameInPiecesAlongTheFoldAxis) {
  const int axis = problem().axis_with(Role::fold);
  if (axis < 0 || !solver().folds) return;  // nothing to carry from piece to piece
  std::mt19937 random(1);
  for_each(piece_sizes, [&](const Given& given) {
    const Arrays state(problem().state, given.shape, given.type), out(problem().out, given.shape, given.type);
    state.fill_bytes(0xFF);
    out.fill_bytes(0xFF);
    const std::vector<Index> bounds = random_cuts(given.shape[axis], 5, random);
    for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
      ASSERT_TRUE(out.hold_only(0xFF)) << "wrote outputs before the last piece, " << given.text();
      solve_piece(given, host_solver(), 2, axis, bounds[i], bounds[i + 1], state, out, i == 0,
                  i + 2 == bounds.size());
    }
    const Check check = given.oracle_of(solver())(out.all());
    ASSERT_TRUE(check.ok) << given.text() << ": " << check.what;
  });
}

TEST_P(EverySolver, IsTheSameInPiecesAlongTheMapAxis) {
  const int axis = problem().axis_with(Role::map);
  if (axis < 0) return;  // one result: nothing to deal out
  std::mt19937 random(2);
  for_each(piece_sizes, [&](const Given& given) {
    const Arrays state(problem().state, given.shape, given.type), out(problem().out, given.shape, given.type);
    state.fill_bytes(0xFF);
    out.fill_bytes(0xFF);
    const std::vector<Index> bounds = random_cuts(given.shape[axis], 4, random);
    for (std::size_t i = 0; i + 1 < bounds.size(); ++i)
      solve_piece(given, host_solver(), 2, axis, bounds[i], bounds[i + 1], state, out, true, true);
    const Check check = given.oracle_of(solver())(out.all());
    ASSERT_TRUE(check.ok) << given.text() << ": " << check.what;
  });
}

/// States made apart, joined from the left into the neutral state, and from the right.
TEST_P(EverySolver, MergedStatesAreTheWhole) {
  const int axis = problem().axis_with(Role::fold);
  if (axis < 0 || !solver().folds) return;  // it has no state
  ASSERT_TRUE(problem().identity && problem().merge && problem().finish);
  std::mt19937 random(3);
  for_each(piece_sizes, [&](const Given& given) {
    const Arrays out(problem().out, given.shape, given.type);
    const std::vector<Index> bounds = random_cuts(given.shape[axis], 4, random);
    std::vector<std::unique_ptr<Arrays>> states;
    out.fill_bytes(0xFF);
    for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
      states.push_back(std::make_unique<Arrays>(problem().state, given.shape, given.type));
      solve_piece(given, host_solver(), 2, axis, bounds[i], bounds[i + 1], *states[i], out, true, false);
    }
    ASSERT_TRUE(out.hold_only(0xFF)) << "wrote outputs of a piece that is not the last, " << given.text();
    const Oracle oracle = given.oracle_of(solver());
    const Arrays left(problem().state, given.shape, given.type);
    problem().identity(left.all());
    for (const auto& state : states) problem().merge(left.all(), state->all());
    problem().finish(given.shape, left.all(), out.all());
    const Check from_left = oracle(out.all());
    ASSERT_TRUE(from_left.ok) << given.text() << ": " << from_left.what;

    for (std::size_t i = states.size() - 1; i > 0; --i)
      problem().merge(states[i - 1]->all(), states[i]->all());
    problem().finish(given.shape, states[0]->all(), out.all());
    const Check from_right = oracle(out.all());
    ASSERT_TRUE(from_right.ok) << given.text() << ": " << from_right.what;
  });
}

std::string test_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cpu, EverySolver, ::testing::ValuesIn(cpu_backend().solvers), [](const auto& one) {
  return test_name(std::string(one.param->problem) + "_" + one.param->name);
});

class EveryProblem : public ::testing::TestWithParam<const Problem*> {};

TEST_P(EveryProblem, HasASolverOnTheCpu) {
  const auto& solvers = cpu_backend().solvers;
  EXPECT_TRUE(std::any_of(solvers.begin(), solvers.end(), [](const SolverInfo* solver) {
    return std::string_view(solver->problem) == GetParam()->name;
  }));
}

/// What `right` could be mistaken for: something near it, and something that is no answer at all.
template <class T>
std::pair<T, T> wrong_values(T right) {
  if constexpr (std::is_integral_v<T>)
    return {right ^ 1, T{-1}};
  else
    return {right + std::fabs(right) / 64 + T{1} / 64, static_cast<T>(not_a_number)};
}

/// One output at a time is spoiled: by a little, and by NaN or an index that is nowhere.
TEST_P(EveryProblem, OracleNoticesPlantedErrors) {
  const Problem& problem = *GetParam();
  for (const Type type : problem.types) {
    const Given given(problem, shape_of(problem, {127, 129, 65}), type, fills[4]);
    const Arrays state(problem.state, given.shape, type), out(problem.out, given.shape, type);
    const cpu::HostSolver* serial = cpu::find_host_solver(problem.name, "serial");
    ASSERT_TRUE(serial);
    const int axis = std::max(problem.axis_with(Role::fold), problem.axis_with(Role::map));
    solve_piece(given, *serial, 1, axis, 0, given.shape[axis], state, out, true, true);
    const Oracle oracle = given.oracle();
    ASSERT_TRUE(oracle(out.all()).ok) << given.text();
    for (const HostArray& array : out.all())
      with_type(array.type, [&]<class T>() {
        const std::span<T> values = vector<T>(array);
        for (const std::size_t i : {std::size_t{0}, values.size() / 2, values.size() - 1}) {
          const T right = values[i];
          const auto [near, far] = wrong_values(right);
          for (const T wrong : {near, far}) {
            values[i] = wrong;
            EXPECT_FALSE(oracle(out.all()).ok) << given.text() << ", element " << i << " is " << wrong;
          }
          values[i] = right;
        }
      });
    EXPECT_TRUE(oracle(out.all()).ok) << given.text();
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, EveryProblem, ::testing::ValuesIn(problems().begin(), problems().end()),
                         [](const auto& one) { return std::string(one.param->name); });

TEST(CpuSolvers, NameProblemsThatExistAndOnlyOnce) {
  const auto& solvers = cpu_backend().solvers;
  for (const SolverInfo* solver : solvers) {
    const Problem* problem = find_problem(solver->problem);
    ASSERT_TRUE(problem) << solver->problem;
    EXPECT_EQ(std::count_if(solvers.begin(), solvers.end(),
                            [solver](const SolverInfo* other) {
                              return std::string_view(other->problem) == solver->problem &&
                                     std::string_view(other->name) == solver->name;
                            }),
              1)
        << solver->problem << " " << solver->name;
    for (const Type type : types_of(*problem, *solver))
      EXPECT_NE(std::find(problem->types.begin(), problem->types.end(), type), problem->types.end());
  }
}

}  // namespace
}  // namespace crossover::test
