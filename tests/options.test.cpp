// Asserts: what each flag becomes in Options, that defaults are those the help names, and which flags change
// the hash that --resume compares. What cannot be meant is refused in a sentence that names the culprit;
// tests/bad_input.test.cpp asks the same of the whole program. To add a refused line, add it to a table.
#include "bench/plan/options.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench/flags/command_table.hpp"
#include "bench/flags/flag_table.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/rows/outcome.hpp"
#include "bench/rows/suites.hpp"
#include "parsed.hpp"

namespace crossover {
namespace {

TEST(Options, DefaultsOfARun) {
  const Options options = parsed("run similarity");
  EXPECT_EQ(options.command, Command::run);
  EXPECT_EQ(options.problem, find_problem("similarity"));
  ASSERT_EQ(options.sizes.size(), options.problem->axes.size());
  for (std::size_t axis = 0; axis < options.sizes.size(); ++axis)
    EXPECT_EQ(options.sizes[axis], std::vector{options.problem->axes[axis].fallback});
  EXPECT_EQ(options.types, std::vector{Type::f32});
  EXPECT_TRUE(options.backends.empty() && options.solvers.empty() && options.transfers.empty());
  EXPECT_TRUE(options.threads.empty() && options.csv.empty() && options.inputs.empty());
  EXPECT_FALSE(options.budget_given || options.timeout_given || options.over_the_wall || options.resume ||
               options.force || options.quiet);
}

TEST(Options, EveryProblemCanBeRunAsItIs) {
  for (const Problem* problem : problems()) {
    const Options options = parsed({"run", problem->name, "--type all"});
    EXPECT_EQ(options.types, problem->types) << problem->name;
    for (const Axis& axis : problem->axes)
      EXPECT_EQ(refusal({"run", problem->name, std::string("--") + axis.name, 3}), "") << axis.name;
  }
}

TEST(Options, TheHelpNamesTheDefaultsThatHold) {
  const std::string without = parsed("run sum").flags_hash;
  for (const Arguments& same :
       std::vector<Arguments>{"--type f32", "--device 0", "--cache warm", "--budget 5", "--timeout 60",
                              "--precision 3%", "--min-samples 8", "--seed 1", "--n 50000000"})
    EXPECT_EQ(parsed({"run sum", same}).flags_hash, without) << same;
  const std::string help = printed("run --help");
  for (const char* text : {"[f32]", "which GPU [0]", "[warm]", "[5; a suite", "[60; a suite", "[3%]", "[8]",
                           "inputs [1]", "sum              --n [50000000]"})
    EXPECT_NE(help.find(text), std::string::npos) << text;
}

TEST(Options, TheHelpIsWholeAndFits) {
  std::string all = printed("--help");
  for (const Arguments& command :
       std::vector<Arguments>{"run", "plan", "scaling", "find", "wall", "list", "devices", "explain",
                              "compare", "calibrate", "predict", "choose"})
    all += printed({command, "--help"});
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
  for (const Arguments& command : std::vector<Arguments>{"", "run", "plan", "list", "devices", "scaling"})
    EXPECT_EQ(printed({command, "-h"}), printed({command, "--help"}));
  const std::string help = printed("run --help");
  for (const char* word : {"Examples:", "Exit status:", "130", "GiB"})
    EXPECT_NE(help.find(word), std::string::npos) << word;
  for (const OutcomeInfo& info : outcome_table())
    EXPECT_NE(help.find(std::string("\n  ") + info.name + " "), std::string::npos) << info.name;
  for (const Problem* problem : problems())
    for (const Axis& axis : problem->axes)
      EXPECT_NE(help.find(std::string("--") + axis.name + " LIST"), std::string::npos) << axis.name;
  for (const Arguments& command :
       std::vector<Arguments>{"--help", "plan --help", "list --help", "devices --help", "scaling --help"})
    EXPECT_NE(printed(command).find("Examples:"), std::string::npos) << command;
  EXPECT_TRUE(printed("--version").starts_with("crossover "));
  EXPECT_NE(printed("--version").find(")\nmade for "), std::string::npos);
}

TEST(Options, EachFlagArrives) {
  const Options options = parsed(
      "run similarity --corpus 1e3,1e4 --queries=7 --dim 2^5 --k 2 --type f32 --backend cpu --solver "
      "eigen-tiled,openmp-tiled --threads 1,2 --transfer none --device 3 --cache cold --budget 250ms "
      "--timeout "
      "2min --within 5min --precision 0.5% --min-samples 16 --seed 42 --host-memory-limit 4GiB "
      "--device-memory-limit 1.5GB "
      "--over-the-wall --csv - --label emr-2c --quiet --rehearse eigen-tiled:compute:kill");
  EXPECT_EQ(options.sizes, (std::vector<std::vector<Index>>{{1000, 10'000}, {7}, {32}, {2}}));
  EXPECT_EQ(options.backends, std::vector<std::string>{"cpu"});
  EXPECT_EQ(options.solvers, (std::vector<std::string>{"eigen-tiled", "openmp-tiled"}));
  EXPECT_EQ(options.threads, (std::vector<int>{1, 2}));
  EXPECT_EQ(options.transfers, std::vector<std::string>{"none"});
  EXPECT_EQ(options.device, 3);
  EXPECT_EQ(options.cache, Cache::cold);
  EXPECT_DOUBLE_EQ(options.budget_s, 0.25);
  EXPECT_DOUBLE_EQ(options.timeout_s, 120);
  EXPECT_DOUBLE_EQ(options.within_s, 300);
  EXPECT_TRUE(options.budget_given && options.timeout_given && options.over_the_wall && options.quiet);
  EXPECT_DOUBLE_EQ(options.precision, 0.005);
  EXPECT_EQ(options.min_samples, 16);
  EXPECT_EQ(options.seed, 42U);
  EXPECT_EQ(options.host_memory_limit, std::size_t{4} << 30);
  EXPECT_EQ(options.device_memory_limit, 1'500'000'000U);
  EXPECT_EQ(options.csv, "-");
  EXPECT_EQ(options.label, "emr-2c");
  EXPECT_EQ(options.rehearse, "eigen-tiled:compute:kill");
}

TEST(Options, ScalingChoosesWhatItWasNotTold) {
  const Options options = parsed("scaling similarity");
  EXPECT_EQ(options.command, Command::scaling);
  EXPECT_EQ(options.backends, std::vector<std::string>{"cpu"});
  EXPECT_EQ(options.solvers, std::vector<std::string>{"openmp-tiled"});
  EXPECT_EQ(options.threads.front(), 1);
  EXPECT_TRUE(std::is_sorted(options.threads.begin(), options.threads.end()));
  EXPECT_FALSE(options.shapes.empty());
  EXPECT_NE(options.flags_hash, parsed("run similarity --backend cpu --solver openmp-tiled").flags_hash);

  const Options told = parsed("scaling sum --n 1e6,1e7 --threads 4,1,all --bind close --type f32,f64");
  EXPECT_TRUE(told.shapes.empty());
  EXPECT_EQ(told.sizes, (std::vector<std::vector<Index>>{{1'000'000, 10'000'000}}));
  EXPECT_TRUE(std::is_sorted(told.threads.begin(), told.threads.end()));
  EXPECT_EQ(told.bind, Binding::close);
  EXPECT_EQ(parsed("scaling similarity --solver eigen-tiled,openmp-tiled").solvers.size(), 2U);
}

TEST(Options, OtherCommands) {
  EXPECT_EQ(parsed("plan sum --n 1e9").command, Command::plan);
  EXPECT_EQ(parsed("list").list_what, "");
  EXPECT_EQ(parsed("list columns").list_what, "columns");
  EXPECT_FALSE(parsed("devices").label_only);
  EXPECT_TRUE(parsed("devices --label").label_only);
  for (const Suite& suite : suites()) {
    const Options options = parsed({"run --suite", suite.name});
    EXPECT_EQ(options.suite, suite.name);
    EXPECT_EQ(options.problem, nullptr);
  }
}

TEST(Options, UnknownNamesComeWithTheNearest) {
  const std::vector<std::pair<Arguments, std::vector<std::string>>> cases = {
      {"", {"command is missing", "run, plan, list, devices, scaling, find, wall, explain, compare"}},
      {"rn", {"'rn'", "run"}},
      {"similarity --n 5", {"'similarity' is a problem", "crossover run similarity"}},
      {"run", {"problem is missing", "row_means, similarity", "--suite"}},
      {"run smu", {"unknown problem 'smu'", "did you mean sum?"}},
      {"run similarty", {"'similarty'", "did you mean similarity?"}},
      {"run xyzzyx", {"'xyzzyx'", "there are row_means"}},
      {"run sum dot", {"unexpected 'dot'"}},
      {"run sum --solvr eigen", {"'--solvr'", "--solver"}},
      {"run --corpsu 5 similarity", {"'--corpsu'", "--corpus"}},
      {"run sum --budgt=5", {"'--budgt'", "--budget"}},
      {"run sum -n 5", {"'-n'", "--n"}},
      {"run sum --solver egien", {"--solver", "'egien'", "did you mean eigen?"}},
      {"run similarity --solver openmp-tield", {"'openmp-tield'", "openmp-tiled"}},
      {"run --suite lecture --solver eigne", {"'eigne'", "eigen"}},
      {"run sum --backend cdua", {"--backend", "'cdua'", "cuda"}},
      {"run sum --backend gpu", {"--backend", "'gpu'", "did you mean cuda?"}},
      {"run sum --type f23", {"--type", "'f23'", "f32"}},
      {"run sum --transfer pined", {"--transfer", "'pined'", "pinned"}},
      {"run sum --cache hot", {"--cache", "'hot'", "warm, cold"}},
      {"run --suite lectrue", {"--suite", "'lectrue'", "lecture"}},
      {"list colums", {"'colums'", "columns"}},
      {"list columns extra", {"'extra'"}},
      {"devices --labl", {"'--labl'", "--label"}},
      {"run sum --input value=x.npy", {"--input", "'value'", "values"}},
  };
  for (const auto& [line, parts] : cases) expect_refused(line, parts);
}

TEST(Options, ValuesThatCannotBeMeant) {
  const std::vector<std::pair<Arguments, std::vector<std::string>>> cases = {
      {"run sum --n 0", {"--n", "'0'", "zero"}},
      {"run sum --n -5", {"--n", "'-5'", "negative"}},
      {"run sum --n 1.5", {"--n", "'1.5'", "not whole"}},
      {"run sum --n 1e30", {"--n", "'1e30'", "too large"}},
      {"run sum --n 4GiB", {"--n", "'4GiB'", "bytes"}},
      {"run sum --n 1,,2", {"--n", "empty item"}},
      {"run sum --n 1, 2", {"unexpected '2'", "no blanks"}},
      {"run sum --n", {"--n", "needs a value"}},
      {"run sum --n 5 --n 6", {"--n", "more than once"}},
      {"run row_means --n 5", {"--n", "row_means", "--rows, --cols"}},
      {"run row_means --type i64", {"--type", "row_means has no i64", "f32, f64"}},
      {"run similarity --type f32,i64", {"similarity has no i64"}},
      {"run similarity --corpus 2 --k 3", {"corpus=2", "k=3"}},
      {"run similarity --corpus 1e6,2", {"corpus=2"}},
      {"run row_means --rows 1e10 --cols 1e10", {"rows=10000000000", "overflow", "64 bits"}},
      {"run similarity --corpus 1e9 --queries 1e9 --dim 100", {"overflow"}},
      {"run sum --n 9e18", {"n=9000000000000000000", "overflow"}},
      {"run sum --threads 0", {"--threads", "'0'"}},
      {"run sum --threads 1,5000", {"--threads", "'5000'", "4096"}},
      {"run sum --threads cores", {"--threads", "'cores'", "all, physical"}},
      {"run sum --bind closer", {"--bind", "'closer'", "did you mean close?"}},
      {"run sum --bind close,spread", {"--bind", "'close,spread'"}},
      {"scaling", {"problem is missing", "row_means, similarity"}},
      {"scaling smu", {"unknown problem 'smu'"}},
      {"scaling sum --n 0", {"--n", "'0'"}},
      {"scaling sum --suite lecture", {"--suite", "crossover run"}},
      {"scaling sum --backend cuda", {"--backend", "crossover run"}},
      {"scaling sum --transfer pinned", {"--transfer", "crossover run"}},
      {"scaling sum --solver serial", {"--solver", "serial always runs on one thread", "openmp"}},
      {"scaling similarity --solver cublas-tiled", {"--solver", "'cublas-tiled'"}},
      {"scaling sum --type f32,f64", {"--type", "one type at a time"}},
      {"plan sum --csv x.csv", {"--csv", "plan writes no files"}},
      {"run sum --device -1", {"--device", "'-1'"}},
      {"run sum --seed x", {"--seed", "'x'"}},
      {"run sum --precision 0", {"--precision", "'0'"}},
      {"run sum --precision 100%", {"--precision", "'100%'"}},
      {"run sum --budget 0", {"--budget", "'0'"}},
      {"run sum --budget soon", {"--budget", "'soon'"}},
      {"run sum --timeout -1", {"--timeout", "'-1'"}},
      {"run sum --within 0", {"--within", "'0'"}},
      {"run sum --min-samples 0", {"--min-samples", "'0'"}},
      {"run sum --host-memory-limit 1KiB", {"--host-memory-limit", "1 KiB", "less than the program"}},
      {"run sum --device-memory-limit 0", {"--device-memory-limit", "'0'"}},
      {"run sum --label a/b", {"--label", "'a/b'"}},
      {"run sum --rehearse nonsense", {"--rehearse", "nonsense"}},
      {"run --suite lecture sum", {"--suite", "'sum'"}},
      {"run --suite lecture --n 5", {"--suite", "--n"}},
      {"run --suite lecture --type f64", {"--suite", "--type"}},
      {"run --suite lecture --input x=y", {"--suite", "--input"}},
      {"run sum --input values", {"--input values", "NAME=FILE"}},
      {"run sum --input values=/no/such.npy", {"--input", "/no/such.npy"}},
      {"run sum --resume", {"--resume", "--csv"}},
      {"run sum --resume --csv -", {"--resume", "--csv"}},
      {"run sum --resume --force --csv x.csv", {"--resume", "--force"}},
      {"run sum --json -", {"--json", "stdout"}},
      {"run sum --csv /no/such/folder/x.csv", {"--csv", "/no/such/folder", "does not exist"}},
      {"run sum --csv /tmp", {"--csv", "/tmp is a folder"}},
      {"run sum --csv same --json ./same", {"same file"}},
      {"run sum --csv a --json a.meta.json", {"same file"}},
  };
  for (const auto& [line, parts] : cases) expect_refused(line, parts);
}

TEST(Options, ASwitchWithAValueIsRefused) {
  std::vector<std::pair<Arguments, std::string>> switches = {{"compare a.csv b.csv", "--force"},
                                                             {"devices", "--label"}};
  for (const char* name : {"--force", "--quiet"}) switches.emplace_back("choose -o p.h", name);
  for (const char* name : {"--force", "--quiet", "--quick"}) switches.emplace_back("calibrate", name);
  for (const char* command : {"run", "plan", "scaling", "find", "wall", "predict"})
    for (const Flag& flag : flag_table())
      if (*flag.value == '\0')
        switches.emplace_back(Arguments("", command, "sum"), std::string("--") + flag.name);
  for (const CommandInfo& info : command_table())
    for (const char* help : {"-h", "--help"}) switches.emplace_back(Arguments("", info.name), help);
  for (const char* flag : {"-h", "--help", "--version"}) switches.emplace_back(Arguments(), flag);
  for (const auto& [command, name] : switches)
    expect_refused({command, name + "=false"}, {name + " takes no value"});
  for (const std::string value : {"=true", "=no", "=0", "=1", "=x", "="})
    expect_refused({"run sum", "--force" + value}, {"--force takes no value"});
}

TEST(Options, AFlagTakesItsOwnValueAlone) {
  expect_refused("run sum --csv --force", {"--csv needs a value"});
  expect_refused("run sum --csv --json x.json", {"--csv needs a value"});
  expect_refused("choose -o", {"--output needs a value"});
  expect_refused("choose -o --force", {"--output needs a value"});
  expect_refused("choose -op.h", {"unknown flag '-op.h'"});
  expect_refused("choose -o=p.h -o p.h", {"--output is given more than once"});
  expect_refused("choose -o a.h --output b.h", {"--output is given more than once"});
  expect_refused("run sum --rivals --rivals=numpy", {"--rivals is given more than once"});
  expect_refused("run sum --rivals=", {"--rivals", "empty"});
  expect_refused("run sum --instruction-set=", {"--instruction-set", "empty"});
  expect_refused("run sum --csv=", {"--csv", "empty"});
  expect_refused("run sum --label --csv-x", {"--label needs a value"});
  expect_refused("run -- sum", {"'--' is no flag here", "./-"});
  expect_refused("explain rows.csv -- --row 1", {"'--' is no flag here"});
  EXPECT_TRUE(parsed("run sum --quiet --quiet").quiet);
  EXPECT_FALSE(parsed("run sum --rivals").rivals.empty());
  EXPECT_EQ(parsed("run sum --rivals --quiet").rivals, parsed("run --rivals=all sum").rivals);
  EXPECT_EQ(parsed("choose -o=p.h").output, "p.h");
}

TEST(Options, WordsBehindACommandAreNoCommands) {
  EXPECT_EQ(parsed("explain run").files, std::vector<std::string>{"run"});
  EXPECT_EQ(parsed("compare plan list").files, (std::vector<std::string>{"plan", "list"}));
  expect_refused("run sum list", {"unexpected 'list'", "one problem at a time"});
  expect_refused("run plan", {"unknown problem 'plan'"});
}

TEST(Options, HelpIsGivenWhateverElseIsWrong) {
  for (const Arguments& line : {Arguments("run --csv --help"), Arguments("run sum --bogus -h"),
                                Arguments("run --help --force=x"), Arguments("run -h -- a b")})
    EXPECT_EQ(printed(line), printed("run --help")) << line;
}

TEST(Options, AllAmongOthersIsAll) {
  EXPECT_EQ(parsed("run sum --transfer all,pinned").transfers, parsed("run sum --transfer all").transfers);
  EXPECT_EQ(parsed("run sum --type f32,all").types, find_problem("sum")->types);
}

TEST(Options, APlanHasNoFlagsOfFiles) {
  const std::string help = printed("plan --help");
  for (const Arguments& flag : std::vector<Arguments>{"--csv x.csv", "--json x.json", "--samples x.csv",
                                                      "--result x", "--resume", "--force"}) {
    const std::string& name = flag.words()[0];
    EXPECT_EQ(help.find(name + " "), std::string::npos) << name;
    expect_refused({"plan sum", flag}, {name, "plan writes no files", "crossover run"});
  }
}

TEST(Options, AHostMemoryLimitLeavesRoomForTheProgramItself) {
  const auto with = [](std::size_t bytes) {
    return refusal({"run sum --n 1000 --host-memory-limit", bytes});
  };
  EXPECT_NE(with(program_bytes() + (1 << 20)), "") << "it would grow past the limit before its first group";
  EXPECT_EQ(with(program_bytes() + (8 << 20)), "");
}

TEST(Options, ABackendThatWasNotBuiltMayHaveAnySolver) {
  EXPECT_EQ(parsed("run sum --backend cpu --solver serial").solvers, std::vector<std::string>{"serial"});
  if (!find_backend("cuda")->solvers.empty()) GTEST_SKIP() << "this build has CUDA solvers";
  EXPECT_EQ(refusal("run sum --backend cuda --solver thrust"), "");
  expect_refused("run sum --solver thrust", {"'thrust'"});
}

TEST(Options, TheHashIsOfWhatChangesResults) {
  const auto hash = [](const Arguments& flags) { return parsed({"run row_means", flags}).flags_hash; };
  const std::string plain = hash("");
  EXPECT_EQ(plain.size(), 16U);
  for (const Arguments& same :
       std::vector<Arguments>{"--csv -", "--quiet", "--label x", "--rows 1e5", "--rows 100k",
                              "--timeout 1min", "--rows 7,8", "--cols 7", "--type all"})  // further groups
    EXPECT_EQ(hash(same), plain) << same;
  std::set<std::string> hashes = {plain};
  for (const Arguments& other : std::vector<Arguments>{
           "--backend cpu", "--solver openmp", "--threads 1", "--threads 1,2", "--bind close",
           "--bind spread", "--transfer none", "--device 1", "--cache cold", "--budget 1", "--timeout 1",
           "--precision 1%", "--min-samples 9", "--seed 2", "--host-memory-limit 1GiB",
           "--device-memory-limit 1GiB", "--over-the-wall"})
    EXPECT_TRUE(hashes.insert(hash(other)).second) << other;
}

}  // namespace
}  // namespace crossover
