// Asserts, of the program itself with a pretend device: whatever the device does is the right row with its
// evidence, the other cases are measured all the same, and the exit status says what it must. To add an
// ending, make the pretend machine lead there (CROSSOVER_PRETEND, see pretend.cpp) or give flags that do.
#include "bench/model/profile.hpp"
#include "tests/shim/pretended.hpp"

namespace crossover {
namespace {

class DeviceRows : public Pretended {
 protected:
  DeviceRows() : Pretended(CROSSOVER_PROGRAM) {}
};

TEST_F(DeviceRows, RowsAreMeasuredInEveryPhase) {
  const Arguments line =
      "run row_means --rows 12 --cols 30 --backend cpu,cuda --solver serial,cuda,cublas,thrust --transfer "
      "all "
      "--threads 1 --budget 0.5 --precision 0.5 --force --csv rows.csv";
  const Ended ended = pretend("", line);
  EXPECT_EQ(ended.status, 0) << ended.err;
  ASSERT_EQ(rows().size(), 7U);
  for (const Row& row : rows()) {
    EXPECT_EQ(row.outcome, Outcome::ok) << row.solver << ": " << row.reason;
    EXPECT_EQ(row.verified, "all");
    EXPECT_EQ(row.gpu, "pretend device") << "no row of this program may pass for a measurement";
    EXPECT_FALSE(row.verdict.empty());
    EXPECT_TRUE(row.call_s && row.first_call_s && row.one_shot_s && row.end_to_end_s);
    if (row.backend == "cpu") {
      EXPECT_EQ(row.device, "host");
      continue;
    }
    EXPECT_EQ(row.device, "pretend device");
    EXPECT_TRUE(row.upload_s && row.compute_s && row.download_s && row.allocate_s && row.release_s);
    EXPECT_FALSE(row.upload_fresh_s.has_value()) << "a matrix that may stay is all there is";
    EXPECT_EQ(row.pin_s.has_value(), row.transfer == "pinned");
    EXPECT_NE(row.breakeven_reuse, "");
    EXPECT_EQ(row.chunks, 1);
    EXPECT_GT(row.peak_device_bytes.value_or(0), 0);
    if (row.solver != "thrust") {
      EXPECT_EQ(row.needed_device_bytes, row.peak_device_bytes) << row.solver;
    }
    EXPECT_EQ(row.needed_pinned_bytes.value_or(0) > 0, row.transfer == "pinned");
  }
  for (const char* phase : {"upload", "compute", "download", "reuse"})
    EXPECT_NE(ended.out.find(phase), std::string::npos) << phase;
}

TEST_F(DeviceRows, FreshAndStationaryInputsAreToldApart) {
  const Ended ended =
      pretend("",
              "run similarity --corpus 40 --queries 5 --dim 8 --backend cpu,cuda --solver serial,cuda-fused "
              "--threads 1 --budget 1 --quiet --csv rows.csv");
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Row found = row("cuda-fused", "pageable");
  ASSERT_EQ(found.outcome, Outcome::ok) << found.reason;
  ASSERT_TRUE(found.upload_fresh_s.has_value());
  EXPECT_GT(*found.upload_fresh_s, 0);
  EXPECT_GT(found.upload_s.value_or(0), *found.upload_fresh_s);
  EXPECT_EQ(found.breakeven_reuse, "never") << "pretend kernels are slow";
}

TEST_F(DeviceRows, ALostDeviceCostsTheCaseThatLostIt) {
  std::set<std::string> phases;
  for (const char* where :
       {"launch:3", "launch:4", "launch:5", "launch:6", "launch:8", "launch:12", "launch:20", "launch:40",
        "malloc:4", "malloc:10", "malloc:15", "malloc:19", "synchronize:30"}) {
    const Ended ended =
        measure("break=" + std::string(where) + ":700", "--budget 0.3 --precision 0.5 --samples samples.csv");
    const std::vector<Row> lost = not_ok();
    ASSERT_EQ(lost.size(), 1U) << where;
    EXPECT_EQ(ended.status, 1);
    EXPECT_EQ(lost[0].outcome, Outcome::failed);
    EXPECT_EQ(lost[0].backend, "cuda");
    EXPECT_NE(lost[0].reason.find("the device was lost"), std::string::npos) << lost[0].reason;
    EXPECT_NE(lost[0].reason.find("compute-sanitizer"), std::string::npos) << lost[0].reason;
    expect_nothing_claimed(lost[0]);
    for (const Row& other : rows())
      if (other.outcome == Outcome::ok) {
        EXPECT_GE(other.samples.value_or(0), 8) << where << ": sampled afresh, " << other.solver;
        EXPECT_FALSE(other.verdict.empty());
      }
    phases.insert(lost[0].phase_reached);
  }
  EXPECT_EQ(phases, (std::set<std::string>{"allocate", "call", "startup"}));
}

TEST_F(DeviceRows, ADeviceThatIsLostInItsProbeIsAbsent) {
  EXPECT_EQ(measure("break=launch:1:700").status, 0);
  expect_both(Outcome::unavailable, "cudaErrorIllegalAddress");
  EXPECT_EQ(measure("break=launch:2:700").status, 0);
  expect_both(Outcome::unavailable, "not again");
}

TEST_F(DeviceRows, ErrorsThatPassFailTheCase) {
  for (const char* call : {"memcpy:4:1", "memcpy:9:1", "synchronize:4:999", "stream_create:1:1"}) {
    const Ended ended = measure("fail=" + std::string(call));
    EXPECT_EQ(ended.status, 1) << call << ended.err;
    const std::vector<Row> failed = not_ok();
    ASSERT_EQ(failed.size(), 1U) << call;
    EXPECT_EQ(failed[0].outcome, Outcome::failed) << call;
    expect_nothing_claimed(failed[0]);
  }
}

TEST_F(DeviceRows, WithoutADeviceRowsSayWhatToDo) {
  struct Absence {
    const char *machine, *words;
  };
  for (const Absence& absence :
       {Absence{"driver=0", "no NVIDIA driver"}, Absence{"driver=11040", "too old: it knows CUDA 11.4"},
        Absence{"devices=0", "no device: see nvidia-smi"},
        Absence{"refuse=launch:209", "no code for device 0"},
        Absence{"refuse=set_device:46", "exclusive mode"}}) {
    EXPECT_EQ(measure(absence.machine).status, 0) << absence.machine;
    expect_both(Outcome::unavailable, absence.words);
    EXPECT_EQ(row("cuda", "pageable").device, "");
  }
  EXPECT_EQ(measure("", "--budget 0.1 --device 1").status, 0);
  expect_both(Outcome::unavailable, "no device 1");
}

TEST_F(DeviceRows, ShapesThatASolverCannotTakeSaySo) {
  EXPECT_EQ(pretend("",
                    "run similarity --corpus 40 --queries 3 --dim 8 --k 33 --backend cpu,cuda --solver "
                    "serial,cuda-fused,cublas-full --threads 1 --budget 0.05 --quiet --csv rows.csv")
                .status,
            0);
  for (const char* solver : {"cuda-fused", "cublas-full"}) {
    const Row found = row(solver, "pageable");
    EXPECT_EQ(found.outcome, Outcome::unavailable);
    EXPECT_NE(found.reason.find("k"), std::string::npos);
    EXPECT_NE(found.reason.find("32"), std::string::npos) << found.reason;
    EXPECT_EQ(found.device, "pretend device") << "the device is there";
    expect_nothing_claimed(found);
  }
  EXPECT_EQ(row("serial", "none").outcome, Outcome::ok);
}

TEST_F(DeviceRows, WrongKilledAndHangingSolversOfTheDeviceAreRowsToo) {
  struct Rehearsed {
    const char* what;
    Outcome outcome;
    int status;
  };
  for (const Rehearsed& rehearsed : {Rehearsed{"cuda:compute:wrong", Outcome::wrong, 1},
                                     Rehearsed{"cuda:compute:kill@3", Outcome::killed, 1},
                                     Rehearsed{"cuda:upload:hang", Outcome::too_slow, 0}}) {
    const Ended ended = measure("", {"--budget 0.1 --timeout 0.3 --rehearse", rehearsed.what});
    EXPECT_EQ(ended.status, rehearsed.status) << rehearsed.what << ended.err;
    EXPECT_EQ(row("serial", "none").outcome, Outcome::ok);
    for (const char* transfer : {"pageable", "pinned"}) {
      EXPECT_EQ(row("cuda", transfer).outcome, rehearsed.outcome) << rehearsed.what;
      expect_nothing_claimed(row("cuda", transfer));
    }
  }
}

TEST_F(DeviceRows, ItsProfileIsMeasured) {
  const Ended ended = pretend("memory_mib=512", "calibrate --quick --budget 6 --threads 1 --output p.json");
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.out.find("gpu: pretend device"), std::string::npos) << ended.out;
  const Profile profile = load_profile(path("p.json"));
  ASSERT_TRUE(profile.device);
  EXPECT_EQ(profile.device->name, "pretend device") << "no figure of this program may pass for a measurement";
  EXPECT_EQ(profile.device->total_bytes, std::size_t{512} << 20);
  ASSERT_EQ(profile.device->links.size(), 2U);
  EXPECT_EQ(profile.device->links[1].transfer, "pinned");
  EXPECT_TRUE(profile.device->product_flops_per_s) << "the pretend cuBLAS";
  EXPECT_EQ(profile.device->startup_s.size(), 5U);
  bool has_solvers = false;
  for (const SolverFigures& solver : profile.solvers) has_solvers |= solver.backend == "cuda";
  EXPECT_TRUE(has_solvers);
}

TEST_F(DeviceRows, ADeviceThatIsLostWhileItIsCalibratedIsAWarning) {
  const Ended ended =
      pretend("break=launch:400:700", "calibrate --quick --budget 4 --threads 1 --output p.json");
  ASSERT_EQ(ended.status, 0) << ended.err;
  const Profile profile = load_profile(path("p.json"));
  EXPECT_FALSE(profile.device);
  EXPECT_NE(profile.no_device.find("cudaErrorIllegalAddress"), std::string::npos) << profile.no_device;
  EXPECT_NE(ended.out.find("pretend device could not be measured"), std::string::npos) << ended.out;
}

TEST_F(DeviceRows, DevicesShowsIt) {
  EXPECT_NE(pretend("memory_mib=512", "devices").out.find("512 MiB, 512 MiB free"), std::string::npos);
  EXPECT_NE(pretend("driver=0", "devices").out.find("no NVIDIA driver"), std::string::npos);
}

}  // namespace
}  // namespace crossover
