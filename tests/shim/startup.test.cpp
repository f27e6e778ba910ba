// The cuda backend's door on the pretend machine: what is wrong with it is said in a sentence, the same
// before and while starting; what is right with it is described. To add a reason: a line in `cases`.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gpu/availability.hpp"
#include "gpu/device.hpp"
#include "tests/shim/device_cases.hpp"

namespace crossover::test {
namespace {

using fake::Call;

struct Trouble {
  const char* sentence;  ///< part of it
  Ended startup;         ///< how the part of startup ends that meets it
  const char* part;
  fake::Machine machine{};
  Call call = Call::any;  ///< fails at its first call, with `status`, if that is an error
  cudaError_t status = cudaSuccess;
  bool sticky = false;
  int device = 0;

  void arrange() const {
    fake::start(machine);
    if (status != cudaSuccess) (sticky ? fake::break_from : fake::fail)(call, 1, status);
  }
};

const Trouble cases[] = {
    {"no NVIDIA driver on this machine", Ended::unavailable, "driver", {.driver_version = 0}},
    {"too old: it knows CUDA 11.8", Ended::unavailable, "driver", {.driver_version = 11080}},
    {"an NVIDIA driver, but no device", Ended::unavailable, "driver", {.devices = 0}},
    {"no device 3: this machine shows 2",
     Ended::unavailable,
     "driver",
     {.devices = 2},
     Call::any,
     cudaSuccess,
     false,
     3},
    {"no device -1", Ended::unavailable, "driver", {}, Call::any, cudaSuccess, false, -1},
    {"exclusive mode",
     Ended::unavailable,
     "context",
     {},
     Call::set_device,
     cudaErrorDevicesUnavailable,
     true},
    {"no free memory", Ended::out_of_memory, "context", {}, Call::set_device, cudaErrorMemoryAllocation},
    {"no free memory", Ended::out_of_memory, "kernel", {.memory_bytes = 1}},
    {"CMAKE_CUDA_ARCHITECTURES",
     Ended::unavailable,
     "kernel",
     {},
     Call::launch,
     cudaErrorNoKernelImageForDevice},
    {"dmesg", Ended::device_lost, "kernel", {}, Call::launch, cudaErrorUnknown, true},
    {"ECC", Ended::device_lost, "kernel", {}, Call::memcpy, cudaErrorECCUncorrectable, true},
};

/// Runs the parts as the harness does; the part that threw, and how.
Ending start_up(const Task& task, std::string& part) {
  try {
    for (const StartupPart& each : cuda_backend().startup(task)) {
      part = each.name;
      each.run();
    }
    return {};
  } catch (const OutOfMemory& error) {
    return {Ended::out_of_memory, Phase::startup, error.what()};
  } catch (const Unavailable& error) {
    return {Ended::unavailable, Phase::startup, error.what()};
  } catch (const DeviceLost& error) {
    return {Ended::device_lost, Phase::startup, error.what()};
  } catch (const std::exception& error) {
    return {Ended::failed, Phase::startup, error.what()};
  }
}

TEST(Unavailable, SaysWhatToDo) {
  for (const Trouble& trouble : cases) {
    trouble.arrange();
    const std::string why = cuda_backend().unavailable(trouble.device);
    EXPECT_NE(why.find(trouble.sentence), std::string::npos) << why;
    EXPECT_EQ(why.find('\n'), std::string::npos) << why;
    EXPECT_EQ(fake::live(), fake::Live{}) << trouble.sentence;
    if (!trouble.sticky && trouble.machine.driver_version / 1000 == CUDART_VERSION / 1000 &&
        trouble.machine.devices > 0) {
      EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess) << "left behind: " << trouble.sentence;
    }
  }
  fake::start();
  EXPECT_EQ(cuda_backend().unavailable(0), "");
}

TEST(Startup, SaysTheSameInThePartThatMeetsIt) {
  for (const Trouble& trouble : cases) {
    Case subject(pretend_solver<row_means_problem>(), "pageable");
    subject.task.device = trouble.device;
    trouble.arrange();
    std::string part;
    const Ending ending = start_up(subject.task, part);
    EXPECT_EQ(ending.how, trouble.startup) << trouble.sentence << ": " << ending.what;
    EXPECT_EQ(part, trouble.part) << trouble.sentence;
    EXPECT_NE(ending.what.find(trouble.sentence), std::string::npos) << ending.what;
    expect_nothing_left(subject);
  }
}

TEST(Startup, ComesInPartsAndTwice) {
  fake::start();
  Case subject(pretend_solver<row_means_problem>(), "pageable");
  std::vector<std::string> names;
  for (const StartupPart& part : cuda_backend().startup(subject.task)) names.emplace_back(part.name);
  EXPECT_EQ(names, (std::vector<std::string>{"driver", "context", "kernel"}));
  std::string part;
  for (int turn = 0; turn < 2; ++turn) EXPECT_EQ(start_up(subject.task, part).how, Ended::ok);
  expect_nothing_left(subject);
}

TEST(Startup, OfASolverOfALibraryHasItsHandleAndAFirstProduct) {
  for (const SolverInfo* solver : cuda_backend().solvers) {
    fake::start();
    Case subject(pretend_solver<row_means_problem>(), "pageable");
    subject.task.problem = find_problem(solver->problem);
    subject.task.solver = solver->name;
    EXPECT_EQ(cuda_backend().startup(subject.task).size(), solver->library ? 5U : 3U) << solver->name;
    std::string part;
    const Ending ending = start_up(subject.task, part);
    EXPECT_EQ(ending.how, Ended::ok) << part << ": " << ending.what;
    expect_nothing_left(subject);
  }
}

TEST(Plan, AsksTheDriverNothing) {
  fake::start();
  for_each_solver([](const DeviceSolver& solver, const char* transfer) {
    Case subject(solver, transfer);
    cuda_backend().footprint(subject.task);
    cuda_backend().startup(subject.task);
  });
  EXPECT_EQ(fake::calls(Call::any), 0) << "the parent process of the harness must not start it";
}

TEST(Footprint, IsPinnedMemoryOrOrdinaryMemory) {
  fake::start();
  const DeviceSolver solver = pretend_solver<similarity_problem>();
  const Footprint pageable = gpu::footprint_of(Case(solver, "pageable").task);
  const Footprint pinned = gpu::footprint_of(Case(solver, "pinned").task);
  EXPECT_EQ(pageable.pinned_bytes, 0U);
  EXPECT_GT(pageable.host_bytes, 0U);
  EXPECT_EQ(pinned.host_bytes, 0U);
  EXPECT_GT(pinned.pinned_bytes, pageable.host_bytes) << "inputs too";
}

TEST(Describe, NamesTheDeviceAndItsLimits) {
  fake::start({.memory_bytes = 1 << 20});
  const Device device = cuda_backend().describe(0);
  EXPECT_EQ(device.name, "pretend device");
  EXPECT_EQ(device.total_bytes, 1U << 20);
  EXPECT_EQ(device.free_bytes, 1U << 20);
  ASSERT_TRUE(device.limits.has_value());
  EXPECT_EQ(device.limits->cache_bytes, 1U << 20);
  EXPECT_EQ(device.limits->multiprocessors, 4);
  const auto fact = [&](std::string_view name) {
    for (const auto& [key, value] : device.facts)
      if (key == name) return value;
    return std::string("missing");
  };
  EXPECT_EQ(fact("compute capability"), "9.0");
  EXPECT_EQ(fact("bus"), "ffff:3b:00.0") << "as the kernel spells it";
  EXPECT_EQ(fact("link"), "unknown");
  EXPECT_EQ(fact("compute mode"), "shared");
  EXPECT_NE(fact("driver").find("CUDA " + gpu::version_name(CUDART_VERSION)), std::string::npos);
}

TEST(Describe, KnowsOnlyVersionsWhereNothingAnswers) {
  fake::start({.driver_version = 0});
  const Device device = cuda_backend().describe(0);
  EXPECT_EQ(device.total_bytes, 0U);
  EXPECT_EQ(device.facts.front().second, "none");
  EXPECT_FALSE(device.limits.has_value());
}

TEST(Link, IsReadFromTheKernelsFiles) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("crossover_link_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  EXPECT_EQ(gpu::link_text(folder), "unknown");
  std::ofstream(folder / "current_link_speed") << "8.0 GT/s PCIe\n";
  std::ofstream(folder / "current_link_width") << "16\n";
  EXPECT_EQ(gpu::link_text(folder), "PCIe gen 3 x16 (8.0 GT/s) now");
  std::ofstream(folder / "max_link_speed") << "32.0 GT/s PCIe\n";
  std::ofstream(folder / "max_link_width") << "16\n";
  EXPECT_EQ(gpu::link_text(folder), "PCIe gen 3 x16 (8.0 GT/s) now, PCIe gen 5 x16 (32.0 GT/s) at most");
  std::ofstream(folder / "current_link_speed") << "Unknown\n";
  EXPECT_EQ(gpu::link_text(folder), "Unknown x16 now, PCIe gen 5 x16 (32.0 GT/s) at most");
  std::filesystem::remove_all(folder);
}

TEST(ModuleVersion, IsTheFirstWordWithDigitsAndDots) {
  EXPECT_EQ(gpu::module_version("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 2024"),
            "550.54.15");
  EXPECT_EQ(
      gpu::module_version("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release"),
      "580.65.06");
  EXPECT_EQ(gpu::module_version(""), "");
}

TEST(Backend, OpensWhatItHasAndNothingElse) {
  fake::start();
  const Backend& cuda = cuda_backend();
  EXPECT_EQ(std::string_view(cuda.transfers.front()), "pageable");
  Case subject(pretend_solver<row_means_problem>(), "pageable");
  subject.task.solver = "no such solver";
  EXPECT_THROW(cuda.open(subject.task), std::invalid_argument);
  EXPECT_FALSE(cuda.footprint(subject.task).device_bytes.has_value());
}

}  // namespace
}  // namespace crossover::test
