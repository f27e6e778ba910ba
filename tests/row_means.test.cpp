// What every row_means solver makes of values near the ends of the range, of NaN and of infinities: expected
// means written out, as NumPy's with an f64 accumulator. A case is a line in `cases`; each row is as long as
// `lengths` says, so that every tail of a vector loop is met.
#include "common/row_means.hpp"
#include "tests/solver_runner.hpp"

namespace crossover::test {
namespace {

struct Case {
  const char* name;
  double (*value)(const Place&);
  double expected;
};

constexpr double greatest = std::numeric_limits<float>::max();

const std::vector<Case> cases = {
    {"greatest", [](const Place&) { return greatest; }, greatest},
    {"least", [](const Place&) { return -greatest; }, -greatest},
    {"cancelling", [](const Place& place) { return place.col % 2 == 0 ? greatest : -greatest; }, 0},
    {"infinite", [](const Place& place) { return place.col == 1 ? infinity : greatest; }, infinity},
    {"both infinities", [](const Place& place) { return place.col % 2 == 0 ? infinity : -infinity; },
     not_a_number},
    {"one NaN", [](const Place& place) { return place.col == 1 ? not_a_number : 1.0; }, not_a_number},
};
constexpr std::array<Index, 9> lengths = {2, 62, 64, 66, 128, 190, 1024, 4098, 70'000};

TEST(RowMeans, ValuesNearTheEndsOfTheRange) {
  for (const Case& each : cases)
    for (const Index cols : lengths)
      for (const Type type : {Type::f32, Type::f64}) {
        const Given given(row_means_problem(), Shape{{3, cols}}, type, {each.name, each.value});
        const Oracle oracle = given.oracle();
        for (const cpu::HostSolver& solver : cpu::row_means_solvers()) {
          SCOPED_TRACE(given.text() + " " + solver.name);
          const Arrays state(given.problem.state, given.shape, type),
              out(given.problem.out, given.shape, type);
          solve_piece(given, solver, 2, row_means::rows, 0, 3, state, out, true, true);
          EXPECT_TRUE(oracle(out.all()).ok);
          with_float(type, [&]<class T>() {
            for (const T mean : vector<T>(out.all()[0])) {
              if (std::isnan(each.expected))
                EXPECT_TRUE(std::isnan(mean));
              else
                EXPECT_EQ(mean, static_cast<T>(each.expected));
            }
          });
        }
      }
}

}  // namespace
}  // namespace crossover::test
