#include "bench/commands.hpp"

#include "bench/base/format.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/machine.hpp"
#include "bench/measure/process.hpp"
#include "bench/plan/plan.hpp"
#include "bench/plan/probe.hpp"
#include "bench/screen/screen.hpp"
#include "cpu/build_fault.hpp"
#include "cpu/tile_kernels.hpp"

namespace crossover {
namespace {

std::string line(const std::string& name, const std::string& value) {
  if (value.empty()) return {};
  std::string padded = "  " + name;
  padded.resize(std::max<std::size_t>(padded.size(), 18), ' ');
  return wrapped(padded + "  " + value, 80, 20);
}

std::string cache_text(const CpuCache& cache) {
  if (cache.bytes == 0) return {};
  return std::to_string(cache.instances) + " x " + bytes_text(cache.bytes) +
         (cache.shared_by > 1 ? ", each shared by " + std::to_string(cache.shared_by) + " CPUs" : "");
}

std::string tile_kernels_text() {
  std::string names;
  for (const cpu::TileKernels* kernels : cpu::usable_tile_kernels())
    names += (names.empty() ? "" : ", ") + std::string(kernels->name);
  return std::string("runs ") + cpu::tile_kernels().name + " (--instruction-set: " + names + ")";
}

std::string level_text(const Calibration::Level& level) {
  return format_significant(level.read_gbytes_per_s_1) + " GB/s with 1 thread, " +
         format_significant(level.read_gbytes_per_s_all) + " GB/s with all";
}

/// Which energy counters can be read, or why not; asked in a process of its own, as every driver is.
std::string energy_text(const std::string& pci_bus) {
  std::string packages, device;
  Watch watch;
  watch.on_event = [&](const Event& event) {
    packages = event.at("packages");
    device = event.at("device");
    return watch.first_deadline_s;
  };
  const ChildEnd end = run_child(
      [&](const Report& say) {
        const EnergyMeter meter(pci_bus);
        say({{"packages", meter.packages_why_not()}, {"device", meter.device_why_not()}});
      },
      watch);
  if (!end.clean()) device = "its driver's library: " + describe(end);
  const auto readable = [](const std::string& why) {
    return why.empty() ? "readable" : "not readable: " + why;
  };
  return line("energy", "CPU packages (RAPL): " + readable(packages) + "; GPU (NVML): " + readable(device));
}

}  // namespace

std::string plan_text(const Options& options) {
  std::string text;
  const Machine machine = machine_facts();
  const MemoryLimits memory = host_memory_limits("/", options.host_memory_limit);
  const std::vector<Group> groups = plan_groups(options);
  const std::vector<ProbedDevice> devices = probe_devices(groups, options.device);
  for (const Group& group : groups)
    text += render_plan(group, needs_of(group, options, machine, memory, devices)) + "\n";
  return text;
}

std::string devices_text(const Options& options) {
  const Machine machine = machine_facts();
  if (options.label_only) return machine_label(machine) + "\n";
  std::string text = "cpu: " + machine.cpu + "\n";
  text += line("label", machine_label(machine));
  text += line("cores", std::to_string(machine.cores) + " in " + std::to_string(machine.sockets) +
                            " socket(s), " + std::to_string(machine.usable) + " CPUs usable here, on " +
                            std::to_string(machine.usable_cores) + " core(s)");
  text += line("L1 data", cache_text(machine.l1d)) + line("L2", cache_text(machine.l2)) +
          line("L3", cache_text(machine.l3));
  text += line("system", machine.os + ", " + machine.kernel +
                             (machine.virtual_machine ? ", virtual machine " + machine.hypervisor : ""));
  text += line("pages", bytes_text(machine.page_bytes) + ", huge pages: " + machine.huge_pages);
  text += line("openmp-tiled", tile_kernels_text());
  text += line("compiler", machine.compiler);
  text += line("warning", cpu::build_fault());
  text += line("memory", bytes_text(machine.memory_bytes));
  for (const MemoryLimit& limit : host_memory_limits("/", options.host_memory_limit).all)
    text += line("available", bytes_text(limit.available_bytes) + ": " + limit.source);
  if (const LoadedCalibration loaded = load_calibration(calibration_cache_path(machine));
      loaded.calibration) {
    text += line("calibrated", loaded.calibration->date_utc);
    for (const auto& level : loaded.calibration->levels)
      text += line(level.name + " read", level_text(level));
    text += line("FMA f32", format_significant(loaded.calibration->fma_gflops_f32_1) +
                                " GFLOP/s with 1 thread, " +
                                format_significant(loaded.calibration->fma_gflops_f32_all) + " with all");
  }
  for (const LibraryReport& library : probe_libraries())
    text += library.reason.empty() ? line(library.name, library.description)
                                   : line("no " + library.name, library.reason);
  const std::vector<ProbedDevice> devices = probe_devices(options.device);
  std::string pci_bus;
  for (const auto& [backend, report] : devices)
    if (pci_bus.empty() && report.reason.empty()) pci_bus = report.fact("bus");
  text += energy_text(pci_bus);
  for (const auto& [backend, report] : devices) {
    text +=
        std::string(backend->name) + (report.device.name.empty() ? ":" : ": ") + report.device.name + "\n";
    text += line("not usable", report.reason);
    if (report.device.total_bytes > 0)
      text += line("memory", bytes_text(report.device.total_bytes) + ", " +
                                 bytes_text(report.device.free_bytes) + " free");
    for (const auto& [name, value] : report.device.facts) text += line(name, value);
  }
  return text;
}

}  // namespace crossover
