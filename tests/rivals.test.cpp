// Asserts, of the program itself: a rival in another process ends in the right row however it behaves, its
// own clock is what counts, and it is said when it wins. The stand-in for Python is a shell script that
// speaks the protocol of bench/rivals/rival_server.py for one question: the sum of four numbers, 42. Real
// libraries are asked where they are installed, and the skip is visible where they are not.
#include <array>
#include <map>
#include <random>

#include "bench/rivals/rival_process.hpp"
#include "bench/rivals/rivals.hpp"
#include "common/npy.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

class Rivals : public ProgramTest {
 protected:
  Rivals() : ProgramTest(CROSSOVER_PROGRAM, place_of_programs()) {
    std::array<std::int64_t, 4> values = {1, 2, 3, 36};
    write_npy(folder_ / "values.npy", {values.data(), Type::i64, {1, {4, 1}}});
  }
  ~Rivals() override { unsetenv("CROSSOVER_PYTHON"); }

  static constexpr const char* answer_42 =
      R"(say '{"bytes":8,"peak_bytes":1048576}'; printf '\052\0\0\0\0\0\0\0' >&3)";
  static constexpr const char* runs = R"(say '{"seconds":1e-9,"preemptions":0}')";
  static constexpr const char* is_ready = R"(say '{"version":"fake 1.0","device":"host"}')";

  /// The stand-in, with its own behaviour at three places.
  void stand_in(const std::string& run = runs, const std::string& fetch = answer_42,
                const std::string& ready = is_ready) {
    std::ofstream file(folder_ / "python");
    file << "#!/bin/sh\nsay() { printf '%s\\n' \"$1\" >&3; }\ntest \"$2\" = serve || exit 9\n"
         << ready << "\nwhile read -r command words <&3; do case $command in\n"
         << "fill) head -c 32 <&3 >/dev/null; say '{}' ;;\n"
         << "tune) say '{\"setting\":\"own\",\"threads\":1,\"text\":\"by magic\"}' ;;\n"
         << "run) " << run << " ;;\nfetch) " << fetch << " ;;\n*) say '{}' ;;\nesac; done\n";
    file.close();
    std::filesystem::permissions(folder_ / "python", std::filesystem::perms::owner_all);
    setenv("CROSSOVER_PYTHON", path("python").c_str(), 1);
  }

  Ended measure(const Arguments& flags = "--rivals numpy") const {
    return run(
        {"run sum --input values=values.npy --solver serial --backend cpu --budget 0.05 --threads 1 "
         "--csv rows.csv --force",
         flags});
  }

  Row row(const std::string& solver = "numpy") const {
    for (const Row& candidate : rows())
      if (candidate.solver == solver) return candidate;
    ADD_FAILURE() << "no row of " << solver;
    return {};
  }

  /// What --result out keeps of one backend, whose folder's name contains `of_shape`.
  template <class T>
  std::vector<T> read_outputs(const std::string& backend, const std::string& of_shape,
                              const std::string& output) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "out")) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(backend) || !name.ends_with(output) ||
          entry.path().string().find(of_shape) == std::string::npos)
        continue;
      const NpyHeader header = read_npy_header(entry.path());
      std::vector<T> values(static_cast<std::size_t>(header.extents.count()));
      read_npy(entry.path(), header, {values.data(), header.type, header.extents});
      return values;
    }
    ADD_FAILURE() << "no " << output << " of " << backend << " for " << of_shape;
    return {};
  }

  /// The rival's row claims nothing, and the other solver was measured all the same.
  void expect_ended(const Ended& ended, int status, Outcome outcome, const std::string& reason) const {
    EXPECT_EQ(ended.status, status) << ended.err;
    EXPECT_EQ(row().outcome, outcome) << row().reason;
    EXPECT_NE(row().reason.find(reason), std::string::npos) << row().reason;
    EXPECT_FALSE(row().call_s || row().speedup_call);
    EXPECT_TRUE(row().verdict.empty());
    EXPECT_EQ(row("serial").outcome, Outcome::ok);
    EXPECT_EQ(row("serial").baseline_solver, "serial");
  }
};

TEST_F(Rivals, ARightAnswerIsARowOnTheRivalsClock) {
  stand_in();
  const Ended ended = measure("--rivals numpy --samples samples.csv");
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Row rival = row();
  EXPECT_EQ(rival.outcome, Outcome::ok) << rival.reason;
  EXPECT_EQ(rival.backend, "rivals");
  EXPECT_EQ(rival.device, "host");
  EXPECT_EQ(rival.version, "fake 1.0");
  EXPECT_EQ(rival.setting, "by magic");
  EXPECT_EQ(rival.verified, "all");
  EXPECT_EQ(rival.call_s, 1e-9);
  EXPECT_EQ(rival.compute_s, 1e-9);
  EXPECT_EQ(rival.peak_host_bytes, 1048576);
  EXPECT_TRUE(rival.startup_library_s && rival.one_shot_s && rival.speedup_call);
  EXPECT_GT(*rival.startup_library_s, 0);
  EXPECT_EQ(rival.baseline_solver, "serial") << "a rival is no baseline";
  EXPECT_EQ(text_of(row("serial").verdict), "numpy");
  EXPECT_NE(ended.out.find("numpy is the fastest: 1.00 ns"), std::string::npos) << ended.out;
  EXPECT_NE(text("samples.csv").find("rivals,numpy,1,none,call,"), std::string::npos);
}

TEST_F(Rivals, OfADeviceAreSplitIntoPhases) {
  stand_in(R"(case $words in *,*) say '{"seconds":4e-9}' ;; *) say '{"seconds":1e-9}' ;; esac)", answer_42,
           R"(say '{"version":"fake 1.0","device":"a GPU"}')");
  EXPECT_EQ(measure("--rivals torch-cuda,cupy").status, 0);
  for (const char* name : {"torch-cuda", "cupy"}) {
    const Row rival = row(name);
    if (rival.outcome == Outcome::refused) GTEST_SKIP() << rival.reason;  // PyTorch alone takes 3 GiB
    EXPECT_EQ(rival.outcome, Outcome::ok) << rival.reason;
    EXPECT_EQ(rival.device, "a GPU");
    EXPECT_EQ(rival.transfer, "pageable");
    EXPECT_EQ(rival.call_s, 4e-9) << "one request, one synchronisation";
    EXPECT_EQ(rival.upload_s, 1e-9);
    EXPECT_EQ(rival.download_s, 1e-9);
  }
}

TEST_F(Rivals, CallersAtOnceAreNotChargedTheWayThereAndBack) {
  stand_in();
  EXPECT_EQ(measure("--rivals numpy --concurrent 2").status, 0);
  EXPECT_EQ(row().concurrent_call_s, 1e-9);
  EXPECT_FALSE(row().calls_per_s) << "it would have that way in it";
  EXPECT_TRUE(row("serial").calls_per_s);
}

TEST_F(Rivals, WrongAnswers) {
  stand_in(runs, R"(say '{"bytes":8}'; printf '\053\0\0\0\0\0\0\0' >&3)");
  expect_ended(measure(), 1, Outcome::wrong, "43");
  stand_in(runs, R"(say '{"bytes":4}'; printf '\052\0\0\0' >&3)");
  expect_ended(measure(), 1, Outcome::failed, "its outputs have 4 bytes, not 8");
}

TEST_F(Rivals, DeathsAndErrors) {
  stand_in("kill -KILL $$");
  expect_ended(measure(), 1, Outcome::killed, "signal 9");
  stand_in("kill -SEGV $$");
  expect_ended(measure(), 1, Outcome::failed, "its Python was killed by signal 11");
  stand_in("echo words >&2; echo 'last words' >&2; exit 3");
  expect_ended(measure(), 1, Outcome::failed, "exited with status 3: last words");
  stand_in(R"(say '{"error":"failed","what":"ValueError: no"}')");
  expect_ended(measure(), 1, Outcome::failed, "ValueError: no");
  stand_in("say nonsense");
  expect_ended(measure(), 1, Outcome::failed, "no JSON: nonsense");
  stand_in(R"(say '{"seconds":1e9}')");
  expect_ended(measure(), 1, Outcome::failed, "claims");
}

TEST_F(Rivals, OutOfMemory) {
  stand_in(R"(say '{"error":"out_of_memory","what":"MemoryError: too much","needed":40000000000}')");
  expect_ended(measure(), 0, Outcome::out_of_memory, "too much: needed 37.25 GiB at once");
  EXPECT_EQ(row().needed_host_bytes, 40'000'000'000);
  stand_in();
  expect_ended(measure("--rivals numpy --host-memory-limit 60MiB"), 0, Outcome::refused, "needs ");
}

TEST_F(Rivals, OneThatHangsIsStoppedAndLeavesNothing) {
  stand_in(std::string("case $words in compute) exec sleep 1000 ;; *) ") + runs + " ;; esac");
  const pid_t child = start(
      "run sum --input values=values.npy --solver serial --backend cpu --budget 0.05 --threads 1 "
      "--csv rows.csv --rivals numpy --timeout 0.3");
  expect_ended(finish(child), 0, Outcome::too_slow, "timed out after");
  EXPECT_TRUE(eventually([&] { return members(child).empty(); }));
}

TEST_F(Rivals, OneThatHangsInAProcessOfItsOwnLeavesNothing) {
  stand_in(std::string("trap '' TERM; case $words in compute) sleep 1000 ;; *) ") + runs + " ;; esac");
  const pid_t child = start(
      "run sum --input values=values.npy --solver serial --backend cpu --budget 0.05 --threads 1 "
      "--csv rows.csv --rivals numpy --timeout 0.3");
  expect_ended(finish(child), 0, Outcome::too_slow, "timed out after 300 ms in call; a call has the timeout");
  EXPECT_TRUE(eventually([&] { return members(child).empty(); })) << "the shell's own child was left";
}

TEST_F(Rivals, OneThatDoesNotLoadInTheTimeThatIsLeftIsNotRun) {
  stand_in(runs, answer_42, "sleep 1000");
  const pid_t child = start(
      "run sum --input values=values.npy --solver serial --backend cpu --budget 0.05 --threads 1 "
      "--csv rows.csv --rivals numpy --within 8");
  expect_ended(finish(child), 0, Outcome::not_run, "its probe timed out after ");
  EXPECT_NE(row().reason.find("that was all that --within left for it"), std::string::npos) << row().reason;
  EXPECT_TRUE(eventually([&] { return members(child).empty(); }));
}

TEST_F(Rivals, OneThatHangsWhenItIsStartedAgain) {
  stand_in(runs, answer_42,
           std::string(R"(test -e "${0%/*}/again" && sleep 1000; : > "${0%/*}/again"; )") + is_ready);
  const pid_t child = start(
      "run sum --input values=values.npy --solver serial --backend cpu --budget 0.05 --threads 1 "
      "--csv rows.csv --rivals numpy --within 10");
  expect_ended(finish(child), 0, Outcome::not_run, " in startup; that was all that --within left for it");
  EXPECT_TRUE(eventually([&] { return members(child).empty(); }));
}

TEST_F(Rivals, OneThatClosesItsConnectionAndGoesOn) {
  stand_in("exec 3>&-; sleep 1000");
  expect_ended(measure(), 1, Outcome::failed, "its Python closed its connection, and went on");
}

TEST_F(Rivals, OneThatNeverEndsItsAnswer) {
  stand_in("cat /dev/zero >&3");
  expect_ended(measure(), 1, Outcome::failed, "it answered with a line of more than 16 MiB");
}

TEST_F(Rivals, OneThatPrintsWithoutEndFillsNoMemory) {
  stand_in(std::string("head -c 100000000 /dev/zero >&2 && exit 3; ") + runs);
  EXPECT_EQ(measure().status, 0);
  EXPECT_EQ(row().outcome, Outcome::ok) << row().reason;
  stand_in("head -c 100000000 /dev/zero >&2; echo 'last words' >&2; exit 3");
  expect_ended(measure(), 1, Outcome::failed, "exited with status 3");
}

TEST_F(Rivals, OneThatIsMissingIsARowWithItsReason) {
  stand_in(runs, answer_42, R"(say '{"missing":"torch","reason":"torch is missing"}'; exit 0)");
  const Ended ended = measure("--rivals torch-cpu");
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Row rival = row("torch-cpu");
  EXPECT_EQ(rival.outcome, Outcome::unavailable);
  EXPECT_NE(rival.reason.find("torch is missing in python: bench/run --with-rivals"), std::string::npos)
      << rival.reason;
  EXPECT_NE(ended.out.find("torch-cpu: not measured: torch is missing"), std::string::npos) << ended.out;
}

TEST_F(Rivals, AloneTheFlagMeansAllThatAnswerTheProblem) {
  stand_in();
  EXPECT_EQ(measure("--rivals").status, 0);
  std::set<std::string> found;
  for (const Row& each : rows()) found.insert(each.solver);
  EXPECT_EQ(found, (std::set<std::string>{"serial", "numpy", "torch-cpu", "torch-cuda", "cupy"}));
}

TEST_F(Rivals, HaveEveryCpuThoughOtherTeamsAreBound) {
  stand_in(std::string(R"(grep Cpus_allowed: /proc/self/status >> "${0%/*}/cpus"; )") + runs);
  const Ended ended =
      run("run sum --input values=values.npy --solver openmp --backend cpu --threads 2 --bind close "
          "--budget 0.05 --rivals numpy");
  EXPECT_EQ(ended.status, 0) << ended.err;
  std::istringstream lines(text("cpus"));
  std::string mine;
  std::ifstream status("/proc/self/status");
  while (std::getline(status, mine) && !mine.starts_with("Cpus_allowed:")) continue;
  int seen = 0;
  for (std::string line; std::getline(lines, line); ++seen) EXPECT_EQ(line, mine);
  EXPECT_GT(seen, 8);
}

TEST_F(Rivals, HaveTheEnvironmentThatTheProgramWasStartedWith) {
  stand_in(runs, answer_42, R"(say "{\"late\":\"$CROSSOVER_TEST_LATE\",\"path\":\"$PATH\"}")");
  setenv("CROSSOVER_TEST_LATE", "as blas-* sets what suits it", 1);
  const RivalProcess process(path("python"), "numpy");
  unsetenv("CROSSOVER_TEST_LATE");
  EXPECT_EQ(process.facts().value("late", "nothing"), "");
  EXPECT_EQ(process.facts().value("path", "nothing"), std::getenv("PATH"));
}

TEST_F(Rivals, UnusableFlagsSayWhatToDo) {
  stand_in();
  EXPECT_EQ(measure("--rivals numpi").status, 2);
  EXPECT_NE(measure("--rivals numpi").err.find("'numpi'"), std::string::npos);
  EXPECT_EQ(measure("--rivals faiss").status, 2) << "it searches, and has no sum";
  EXPECT_NE(measure("--rivals faiss").err.find("sum rival 'faiss'"), std::string::npos)
      << measure("--rivals faiss").err;
  setenv("CROSSOVER_PYTHON", "/no/such/python", 1);
  EXPECT_EQ(measure().status, 2);
  EXPECT_NE(measure().err.find("/no/such/python is no program"), std::string::npos);
  setenv("CROSSOVER_PYTHON", folder_.c_str(), 1);  // a folder may be entered, not run
  EXPECT_EQ(measure().status, 2);
  EXPECT_NE(measure().err.find("is no program"), std::string::npos);
}

/// Whether some python3 of this machine has the module.
bool has_module(const std::string& name) {
  const std::vector<std::string> pythons = rival_pythons();
  return std::any_of(pythons.begin(), pythons.end(), [&](const std::string& python) {
    return status_of(start_program(python, {"-c", "import " + name}, "/", "/dev/null", "/dev/null")) == 0;
  });
}

TEST_F(Rivals, NumpyAnswersEveryProblem) {
  if (!has_module("numpy")) GTEST_SKIP() << "no NumPy for /usr/bin/python3: apt-get install python3-numpy";
  for (const Problem* problem : problems())
    for (const Type type : problem->types) {
      if (!rivals_backend().find_solver(problem->name, "numpy")) continue;
      Arguments sizes;
      for (const Axis& axis : problem->axes)
        sizes = {sizes, std::string("--") + axis.name, axis.name == std::string("k") ? 5 : 97};
      const Ended ended = run({"run", problem->name, sizes, "--type", name_of(type),
                               "--solver serial --budget 0.02 --rivals numpy --csv rows.csv --force"});
      EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
      EXPECT_EQ(row().outcome, Outcome::ok) << problem->name << ": " << row().reason;
      EXPECT_EQ(row().verified, "all");
      EXPECT_NE(row().version.find("numpy "), std::string::npos);
    }
}

TEST(RivalsFootprint, CountsTheScoresThatAWayMayKeep) {
  const auto host_bytes = [](Index queries, Index k) {
    return rivals_backend()
        .footprint({.problem = find_problem("similarity"),
                    .solver = "numpy",
                    .shape = {{100'000, queries, 1, k}},
                    .type = Type::f32,
                    .transfer = {},
                    .in = {}})
        .host_bytes;
  };
  // A quarter of the memory at most: a machine of 400 MB has it for these.
  EXPECT_GE(host_bytes(250, 4) - host_bytes(1, 4), std::size_t{4} * 100'000 * 249) << "scores";
  EXPECT_GE(host_bytes(100, 5) - host_bytes(100, 4), 8U * 100'000 * 100) << "argpartition's indices";
}

/// What bench/rivals/ answers when asked from within Python; a failed assert is an error.
int python(const std::string& script) {
  const std::filesystem::path bench =
      std::filesystem::path(CROSSOVER_TEST_DATA).parent_path().parent_path() / "bench" / "rivals";
  const std::string begin =
      "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True\n"
      "import numpy as np, rival_server as rivals, rival_libraries as r\n";
  return status_of(start_program("/usr/bin/python3", {"-c", begin + script, bench}, "/", nullptr, nullptr));
}

constexpr const char* pretended_library = R"(
class Pretended(r.Library):
    name = 'pretended'
    def __init__(self):
        super().__init__('numpy')
        self.calls = {}
    def ways(self, case):
        return [{'way': i} for i in range(9)]
    def prepare(self, case, way):
        if way['way'] == 3:
            raise MemoryError('3')
        def call():
            calls = self.calls[self.threads, way['way']] = self.calls.get((self.threads, way['way']), 0) + 1
            rivals.time.sleep(1e-2 if calls < 2 else 1e-3 if way['way'] == 7 else 4e-3)
        return {'compute': call}
library = Pretended()
case = r.Case('sum', {'n': 8}, [np.ones(8)], [np.zeros(())])
way, threads, about = rivals.tuned(library, case, 4, 0.05)
assert way == {'way': 7} and about == '9 of 9 ways tried', (way, about)
assert all(library.calls[4, i] >= 3 for i in range(9) if i != 3), library.calls
assert {(1, 7), (2, 7)} <= set(library.calls), library.calls
)";

TEST_F(Rivals, AreTriedInEveryWayBehindAnUntimedCall) {
  if (!has_module("numpy")) GTEST_SKIP() << "no NumPy for /usr/bin/python3: apt-get install python3-numpy";
  EXPECT_EQ(python(pretended_library), 0);
}

TEST_F(Rivals, AreOfferedBlocksOfTheWholeCase) {
  if (!has_module("numpy")) GTEST_SKIP() << "no NumPy for /usr/bin/python3: apt-get install python3-numpy";
  EXPECT_EQ(python(R"(
def offered(corpus, queries, most):
    case = r.Case('similarity', dict(corpus=corpus, queries=queries, dim=1000, k=5), [], [], most)
    return [way['queries'] for way in r.similarity_ways(case, {'argmax': 4})]
assert offered(10**6, 10**4, 4 << 30) == [1073, 268, 67, 16, 2, 1], offered(10**6, 10**4, 4 << 30)
assert offered(10**6, 900, 4 << 30)[0] == 900
assert max(offered(10**6, 10**4, 1 << 28)) == 67
ways = [{'queries': queries, 'by': 'argmax'} for queries in offered(10**6, 10**4, 4 << 30)]
part = r.Case('similarity', dict(corpus=10**6, queries=16, dim=1000, k=5), [], [])
assert [way['queries'] for way in r.unlike_ways(ways, part)] == [268, 2, 1], r.unlike_ways(ways, part)
)"),
            0);
}

TEST_F(Rivals, TheLecturesProgramsRefuseWhatCannotBeDone) {
  if (access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "no /usr/bin/python3: apt-get install python3";
  const std::filesystem::path program =
      std::filesystem::path(CROSSOVER_TEST_DATA).parent_path().parent_path() / "bench" / "rivals.py";
  for (const Arguments& flags : std::vector<Arguments>{"--out /proc/nope", "--sizes 0", "--sizes -1",
                                                       "--sizes 1000", "--budget -1", "--timeout nan"}) {
    const Ended ended =
        finish(start_program("/usr/bin/python3", {"-B", program, "lecture --crossover /no", flags}, folder_));
    EXPECT_EQ(ended.status, 2) << flags;
    EXPECT_EQ(ended.err.find("Traceback"), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("rivals.py lecture: "), std::string::npos) << ended.err;
  }
}

TEST_F(Rivals, MayRankEqualScoresAsTheyLike) {
  if (!has_module("numpy")) GTEST_SKIP() << "no NumPy for /usr/bin/python3: apt-get install python3-numpy";
  const std::string all = has_module("faiss") ? "numpy,faiss" : "numpy";
  const Arguments flags{"--k 7 --solver serial --backend cpu --budget 0.02 --csv rows.csv --force --rivals",
                        all};
  const Ended one_axis = run({"run similarity --corpus 300 --dim 1 --queries 5", flags});
  EXPECT_EQ(one_axis.status, 0) << one_axis.out << one_axis.err;
  std::mt19937 random(3);
  std::vector<float> rows(std::size_t{300} * 9);
  for (std::size_t at = 0; at < rows.size(); ++at)  // every row three times, far apart
    rows[at] = at < std::size_t{100} * 9 ? std::uniform_real_distribution<float>(-1, 1)(random)
                                         : rows[at - std::size_t{100} * 9];
  write_npy(folder_ / "corpus.npy", {rows.data(), Type::f32, {2, {300, 9}}});
  write_npy(folder_ / "queries.npy", {rows.data() + 4, Type::f32, {2, {40, 9}}});
  const Ended repeated = run({"run similarity --input corpus=corpus.npy --input queries=queries.npy", flags});
  EXPECT_EQ(repeated.status, 0) << repeated.out << repeated.err;
}

TEST_F(Rivals, AgreeWithFaissOnRandomShapes) {
  if (!has_module("faiss")) GTEST_SKIP() << "no FAISS for /usr/bin/python3: apt-get install python3-faiss";
  std::mt19937 random(7);
  const auto some = [&](int least, int most) { return std::uniform_int_distribution(least, most)(random); };
  int compared = 0;
  for (int i = 0; i < 4; ++i) {
    const int corpus = some(20, 3000), queries = some(1, 300), dim = some(1, 130), k = some(1, 20);
    const Arguments shape{"--corpus", corpus, "--queries", queries, "--dim", dim, "--k", k};
    const Ended ended = run({"run similarity", shape,
                             "--solver openmp-tiled --backend cpu --budget 0.02 --rivals faiss --result out "
                             "--csv rows.csv --force"});
    ASSERT_EQ(ended.status, 0) << ended.out << ended.err;
    const std::string of_shape = "corpus" + std::to_string(corpus);
    const auto cpu = read_outputs<float>("cpu", of_shape, ".score.npy");
    const auto faiss = read_outputs<float>("rivals", of_shape, ".score.npy");
    const auto cpu_index = read_outputs<std::int64_t>("cpu", of_shape, ".index.npy");
    const auto faiss_index = read_outputs<std::int64_t>("rivals", of_shape, ".index.npy");
    const std::size_t count = static_cast<std::size_t>(queries) * static_cast<std::size_t>(k);
    ASSERT_TRUE(cpu.size() == count && faiss.size() == count) << shape;
    ASSERT_TRUE(cpu_index.size() == count && faiss_index.size() == count) << shape;
    const float bound = 0x1p-21F + static_cast<float>(dim) * 0x1p-24F;
    for (std::size_t at = 0; at < count; ++at) {
      ASSERT_NEAR(cpu[at], faiss[at], bound) << shape << " at " << at;
      const std::size_t rank = at % static_cast<std::size_t>(k);
      const bool alone = (rank == 0 || cpu[at - 1] - cpu[at] > 2 * bound) &&
                         rank + 1 < static_cast<std::size_t>(k) && cpu[at] - cpu[at + 1] > 2 * bound;
      if (!alone) continue;
      EXPECT_EQ(cpu_index[at], faiss_index[at]) << shape << " at " << at;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100);  // indices that no rounding can exchange
}

}  // namespace
}  // namespace crossover
