// Asserts that a profile comes back from its file as it was, and what is said of files that are none. To add
// a bad file: a line in Rejected.
#include "bench/model/profile.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/base/json_field.hpp"
#include "bench/plan/options.hpp"
#include "tests/invented.hpp"

namespace crossover {
namespace {

using Json = nlohmann::json;

const std::string invented_path = CROSSOVER_TEST_DATA + "/invented-8c-gpu.json";

class ProfileFile : public testing::Test {
 protected:
  void SetUp() override {
    file_ =
        std::filesystem::temp_directory_path() / ("crossover-profile-" + std::to_string(getpid()) + ".json");
  }
  void TearDown() override { std::filesystem::remove(file_); }

  void write(const std::string& text) const { std::ofstream(file_) << text; }

  /// What is said of a file with this text.
  std::string refusal(const std::string& text) const {
    write(text);
    try {
      load_profile(file_);
      return {};
    } catch (const UsageError& error) {
      return error.what();
    }
  }

  void expect_refused(const std::string& text, const std::vector<std::string>& parts) const {
    const std::string sentence = refusal(text);
    EXPECT_NE(sentence.find(file_.string()), std::string::npos) << sentence;
    for (const std::string& part : parts)
      EXPECT_NE(sentence.find(part), std::string::npos) << sentence << "\n  lacks " << part;
  }

  /// The invented profile with one value replaced; `where` is a JSON pointer.
  static std::string with(const std::string& where, const Json& value) {
    Json json = read_json(invented_path);
    json[Json::json_pointer(where)] = value;
    return json.dump();
  }
  static std::string without(const std::string& parent, const std::string& field) {
    Json json = read_json(invented_path);
    json[Json::json_pointer(parent)].erase(field);
    return json.dump();
  }

  std::filesystem::path file_;
};

TEST_F(ProfileFile, ComesBackAsItWas) {
  const Profile profile = invented_profile();
  write(profile_text(profile));
  const Profile again = load_profile(file_);
  EXPECT_EQ(to_json(again), to_json(profile));
  EXPECT_EQ(profile_text(again), profile_text(profile));
  EXPECT_EQ(Json::parse(profile_text(profile)), read_json(invented_path));  // nothing of the file is lost
}

TEST_F(ProfileFile, HasItsFiguresWhereTheyBelong) {
  const Profile profile = invented_profile();
  EXPECT_EQ(profile.source, "modelled");
  EXPECT_EQ(profile.cores, 8);
  EXPECT_DOUBLE_EQ(profile.team_s.at(4).value, 2e-6);
  ASSERT_TRUE(profile.device);
  EXPECT_EQ(profile.device->total_bytes, std::size_t{16} << 30);
  ASSERT_EQ(profile.device->links.size(), 2U);
  EXPECT_DOUBLE_EQ(profile.device->links[0].download.bytes_per_s.value, 4e9);
  EXPECT_DOUBLE_EQ(profile.device->links[1].upload.bytes_per_s.low, 19.6e9);
  EXPECT_DOUBLE_EQ(profile.device->startup_s.at("context").high, 0.204);
  const SolverFigures& tiled = profile.solvers[4];
  EXPECT_EQ(tiled.solver, "openmp-tiled");
  EXPECT_EQ(tiled.threads, 8);
  EXPECT_EQ(tiled.host_bytes_beyond, std::size_t{0});
  EXPECT_EQ(tiled.points.back().shape, (Shape{{100'000, 1000, 1000, 3}}));  // corpus, queries, dim, k
  EXPECT_DOUBLE_EQ(tiled.points.back().call_s.value, 0.400005);
}

TEST_F(ProfileFile, WithoutADeviceSaysWhy) {
  Profile profile = invented_profile();
  profile.device.reset();
  profile.no_device = "built without CUDA";
  profile.levels.back().copy_bytes_per_s.reset();
  profile.solvers.resize(1);
  profile.solvers.front().host_bytes_beyond.reset();
  write(profile_text(profile));
  const Profile again = load_profile(file_);
  EXPECT_FALSE(again.device);
  EXPECT_EQ(again.no_device, "built without CUDA");
  EXPECT_FALSE(again.levels.back().copy_bytes_per_s);
  EXPECT_FALSE(again.solvers.front().host_bytes_beyond);
  EXPECT_EQ(to_json(again), to_json(profile));
  expect_refused(with("/device", nullptr), {"no_device", "is empty"});
}

TEST_F(ProfileFile, RejectedAsAWhole) {
  try {
    load_profile("/no/such/profile.json");
    ADD_FAILURE();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("/no/such/profile.json"), std::string::npos);
  }
  expect_refused("", {"is empty"});
  expect_refused(" \n", {"is empty"});
  const std::string whole = profile_text(invented_profile());
  for (const double share : {0.1, 0.5, 0.9})
    expect_refused(whole.substr(0, static_cast<std::size_t>(share * static_cast<double>(whole.size()))),
                   {"is cut: it ends after"});
  expect_refused("schema_version,run_id\r\n3,x\r\n", {"is no JSON"});
  expect_refused("[1, 2]", {"is no profile of a machine", "crossover calibrate"});
  expect_refused(R"({"schema_version": 3, "rows": []})",
                 {"is no profile of a machine", "crossover calibrate"});
  expect_refused(with("/kind", "crossover-policy"), {"kind", "'crossover-policy'"});
  expect_refused(with("/version", 2), {"version", "is 2", "reads version 1", "calibrate again"});
}

TEST_F(ProfileFile, RejectedForAField) {
  expect_refused(without("", "solvers"), {"the field solvers is missing"});
  expect_refused(without("", "cpu"), {"the field cpu is missing"});
  expect_refused(without("/device", "launch_s"), {"the field device.launch_s is missing"});
  expect_refused(without("/device/links/1/upload", "bytes_per_s"),
                 {"the field device.links[1].upload.bytes_per_s is missing"});
  expect_refused(without("/solvers/0/points/0/shape", "cols"),
                 {"solvers[0].points[0].shape.cols is missing"});
  const std::vector<std::pair<std::string, Json>> bad_figures = {
      {"is no array", 3.5},    {"two", {1, 1}},        {"zero", {0, 0, 0}},      {"negative", {-1, -1, -1}},
      {"reversed", {2, 3, 1}}, {"outside", {5, 1, 3}}, {"text", {"1", "1", "1"}}};
  for (const auto& [what, figure] : bad_figures) {
    SCOPED_TRACE(what);
    expect_refused(with("/levels/0/read_bytes_per_s", figure), {"levels[0].read_bytes_per_s"});
    expect_refused(with("/timer_s", figure), {"timer_s"});
  }
  expect_refused(with("/source", "guessed"), {"source", "measured or modelled", "'guessed'"});
  expect_refused(with("/cores", 0), {"cores", "at least 1"});
  expect_refused(with("/cores", 2.5), {"cores", "whole number", "2.5"});
  expect_refused(with("/cores", "8"), {"cores", "a number", "text"});
  expect_refused(with("/cores", 1e12), {"cores", "is more than"});
  expect_refused(with("/memory_bytes", -1), {"memory_bytes", "-1"});
  expect_refused(with("/label", ""), {"label", "is empty"});
  expect_refused(with("/team_s", {{"many", {1, 1, 1}}}), {"team_s.many", "number of threads"});
  expect_refused(with("/levels", Json::array()), {"levels", "is empty"});
  expect_refused(with("/rates/0/type", "f16"), {"rates[0].type", "f16"});
  expect_refused(with("/device/free_bytes", std::size_t{17} << 30), {"device", "free_bytes"});
  expect_refused(with("/solvers/0/points", Json::array()), {"solvers[0].points", "is empty"});
  expect_refused(with("/solvers/0/points/0/shape/rows", 0),
                 {"solvers[0].points[0].shape.rows", "at least 1"});
  expect_refused(with("/solvers", Json::object()), {"solvers", "an array"});
  expect_refused(with("/solvers/0/backend", "vulkan"), {"solvers[0].backend", "cpu or cuda", "'vulkan'"});
  expect_refused(with("/device/links/0/upload/bytes_per_s", {0, 0, 0}),
                 {"device.links[0].upload.bytes_per_s", "above 0"});
}

TEST_F(ProfileFile, RejectsWhatIsThereTwice) {
  const Json json = read_json(invented_path);
  expect_refused(with("/solvers/1", json["solvers"][0]), {"solvers[1]", "same solver"});
  expect_refused(with("/solvers/0/points/1", json["solvers"][0]["points"][0]),
                 {"solvers[0].points", "one shape twice"});
}

TEST_F(ProfileFile, UnknownFieldsAreLeftOutWithAWarning) {
  Json json = read_json(invented_path);
  json["colour"] = "red";
  json["device"]["launchs"] = 1;
  json["solvers"][0]["problem"] = "problem_of_tomorrow";
  write(json.dump());
  testing::internal::CaptureStdout();  // the log of a program that has not started it
  testing::internal::CaptureStderr();
  const Profile profile = load_profile(file_);
  const std::string said = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
  EXPECT_EQ(profile.solvers.size(), json["solvers"].size() - 1);
  EXPECT_NE(said.find("the field colour is not known"), std::string::npos) << said;
  EXPECT_NE(said.find("device.launchs is not known, and is left out (did you mean launch_s"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("problem_of_tomorrow"), std::string::npos) << said;
}

TEST(Profile, DiffersFromAnotherMachine) {
  const Profile profile = invented_profile();
  EXPECT_EQ(differences(profile, "Invented CPU", 8, "Invented GPU"), "");
  EXPECT_EQ(differences(profile, "Invented CPU", 8, ""), "it is of Invented GPU, here is no GPU");
  EXPECT_EQ(differences(profile, "Other CPU", 1, "Invented GPU"),
            "it is of Invented CPU, here is Other CPU, and 8 cores, here is 1 core");
}

TEST(Profile, IsKeptBesideTheCalibration) {
  setenv("XDG_CACHE_HOME", "/cache", 1);
  Machine machine;
  machine.cpu = "Invented CPU";
  const std::filesystem::path path = profile_cache_path(machine);
  EXPECT_EQ(path.parent_path(), "/cache/crossover");
  EXPECT_EQ(path.filename().string().find("profile-"), 0U);
  machine.cpu = "Other CPU";
  EXPECT_NE(path, profile_cache_path(machine));
}

TEST(JsonText, KeepsALineForWhatFits) {
  nlohmann::ordered_json json;
  json["b"] = {1, 2, 3};
  json["a"] = {{"long", std::string(30, 'x')}, {"list", {1, 2}}};
  EXPECT_EQ(json_text(json, 30), "{\n \"b\": [1,2,3],\n \"a\": {\n  \"long\": \"" + std::string(30, 'x') +
                                     "\",\n  \"list\": [1,2]\n }\n}\n");
  EXPECT_EQ(json_text(json, 200), json.dump() + "\n");
}

}  // namespace
}  // namespace crossover
