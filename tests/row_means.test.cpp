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
        for (const cpu::HostSolver& solver : cpu::row_means_solvers()) {
          SCOPED_TRACE(given.text() + " " + solver.name);
          const Arrays state(given.problem.state, given.shape, type),
              out(given.problem.out, given.shape, type);
          solve_piece(given, solver, 2, row_means::rows, 0, 3, state, out, true, true);
          EXPECT_TRUE(given.oracle_of(solver)(out.all()).ok);
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

/// The means of openmp on `given`.
std::string answer(const Given& given, int threads) {
  const Arrays state(given.problem.state, given.shape, given.type),
      out(given.problem.out, given.shape, given.type);
  out.fill_bytes(0xFF);
  solve_piece(given, *cpu::find_host_solver("row_means", "openmp"), threads, row_means::rows, 0,
              given.shape[row_means::rows], state, out, true, true);
  return {static_cast<const char*>(out.all()[0].data), out.all()[0].bytes()};
}

/// Rows that threads share: one for all, several for each, and ends at and beside the ends of rows. Sums of
/// small integers are exact, so every number of threads must give the same bits.
/// Of numbers whose roundings are no smaller than they are, and of those whose sum leaves the range.
template <class T>
void expect_that_oracles_agree(T value) {
  constexpr Index count = 1000;
  constexpr T least = std::numeric_limits<T>::denorm_min(), infinity = std::numeric_limits<T>::infinity();
  std::vector<T> values(count, value);
  values[0] = -value;
  const std::vector<HostArray> row = {{values.data(), type_of<T>, {2, {1, count}}}},
                               all = {{values.data(), type_of<T>, {1, {count, 1}}}};
  const Oracle of_rows = find_problem("row_means")->oracle({{1, count}}, type_of<T>, row, 1e9),
               of_all = find_problem("mean")->oracle({{count}}, type_of<T>, all, 1e9);
  const auto truth = static_cast<T>(static_cast<long double>(value) * (count - 2) / count);
  for (T got : {truth, truth + least, truth + 1000 * least, truth / 2, infinity, -infinity,
                std::numeric_limits<T>::quiet_NaN()}) {
    const std::vector<HostArray> out = {{&got, type_of<T>, {1, {1, 1}}}};
    EXPECT_EQ(of_rows(out).ok, of_all(out).ok)
        << got << " of " << value << ": " << of_rows(out).what << of_all(out).what;
  }
  T exact = truth;
  EXPECT_TRUE(of_rows(std::vector<HostArray>{{&exact, type_of<T>, {1, {1, 1}}}}).ok) << value;
}

TEST(RowMeans, TheirOracleIsThatOfTheMean) {
  for (const float value : {1e-45F, 3e-42F, 1.0F, 3e38F}) expect_that_oracles_agree(value);
  for (const double value : {5e-324, 1e-310, 1.0, 1e305, 1.7e308}) expect_that_oracles_agree(value);
}

TEST(RowMeans, FewRowsAreSharedByThreads) {
  const auto small_integer = [](const Place& place) {
    return static_cast<double>((3 * place.row + place.col) % 11);
  };
  for (const Shape& shape : {Shape{{1, 500'003}}, Shape{{2, 262'144}}, Shape{{3, 150'001}},
                             Shape{{5, 100'000}}, Shape{{17, 30'011}}, Shape{{31, 16'384}}})
    for (const Type type : {Type::f32, Type::f64}) {
      const Given given(row_means_problem(), shape, type, {"small integers", small_integer});
      const std::string alone = answer(given, 1);
      for (const int threads : {2, 3, 4, 7}) EXPECT_EQ(answer(given, threads), alone) << given.text();
    }
}

/// With rows enough for every thread, the number of threads changes no bit of any mean.
TEST(RowMeans, ManyRowsGiveTheSameBitsForAnyThreads) {
  for (const Type type : {Type::f32, Type::f64}) {
    const Given given(row_means_problem(), Shape{{300, 2'001}}, type, {"random", random_at});
    const std::string alone = answer(given, 1);
    for (const int threads : {2, 3, 7}) EXPECT_EQ(answer(given, threads), alone) << given.text();
  }
}

}  // namespace
}  // namespace crossover::test
