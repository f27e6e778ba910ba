#include "gpu/transfer.hpp"

#include <array>
#include <cstring>

namespace crossover::gpu {
namespace {

constexpr std::size_t host_alignment_bytes = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + host_alignment_bytes - 1) / host_alignment_bytes * host_alignment_bytes;
}

HostArray array_of(const Operand& operand, const Task& task) {
  return {nullptr, operand.type(task.type), extents_of(operand, task.shape)};
}

std::size_t total_bytes(std::span<const Operand> operands, const Task& task) {
  std::size_t total = 0;
  for (const Operand& operand : operands) total += aligned(array_of(operand, task).bytes());
  return total;
}

/// Ordinary memory for the results, every page touched; inputs are read where they are.
void allocate_pageable(HostSide& side, const Task& task) {
  side.in.assign(task.in.begin(), task.in.end());
  side.results = task.host_memory->allocate(total_bytes(task.problem->out, task));
  std::memset(side.results.data(), 0, side.results.bytes());
  std::byte* next = side.results.data();
  for (const Operand& operand : task.problem->out) {
    HostArray array = array_of(operand, task);
    array.data = next;
    next += aligned(array.bytes());
    side.out.push_back(array);
  }
}

/// Page-locked memory for inputs and results, a buffer for each.
void pin_all(HostSide& side, const Task& task) {
  const auto place = [&](std::span<const Operand> operands, std::vector<HostArray>& arrays) {
    for (const Operand& operand : operands) {
      HostArray array = array_of(operand, task);
      side.pinned.push_back(pinned_memory().allocate(aligned(array.bytes())));
      array.data = side.pinned.back().data();
      arrays.push_back(array);
    }
  };
  place(task.problem->in, side.in);
  place(task.problem->out, side.out);
}

void write_as_producer(HostSide& side, const Task& task) {
  for (std::size_t i = 0; i < side.in.size(); ++i)
    if (side.in[i].bytes() != 0) std::memcpy(side.in[i].data, task.in[i].data, side.in[i].bytes());
}

/// One after the other, each kind of inputs in steps of its own where there are any. What is cut cannot stay
/// on the device, so its upload is charged with the fresh inputs'.
std::vector<Step> call_in_turn(const CallParts& parts, const Problem& problem) {
  std::vector<Step> steps;
  const auto upload = [&](Phase phase, InputKind which, int piece) {
    if (const int count = parts.count(which); count > 0)
      steps.push_back({phase, count, [run = parts.upload, which, piece] { run(which, piece); }});
  };
  upload(Phase::upload, InputKind::stationary, 0);
  upload(Phase::upload_fresh, InputKind::fresh, 0);
  for (int piece = 0; piece < parts.pieces; ++piece) {
    upload(Phase::upload_fresh, InputKind::cut, piece);
    steps.push_back({Phase::compute, 1, [run = parts.compute, piece] { run(piece); }});
  }
  steps.push_back({Phase::download, static_cast<int>(problem.out.size()), parts.download});
  return steps;
}

Footprint pageable_footprint(const Task& task) {
  return {.host_bytes = total_bytes(task.problem->out, task)};
}

Footprint pinned_footprint(const Task& task) {
  return {.pinned_bytes = total_bytes(task.problem->in, task) + total_bytes(task.problem->out, task)};
}

constexpr std::array table = {
    Transfer{.name = "pageable",
             .summary = "operands in ordinary memory",
             .footprint = pageable_footprint,
             .allocate = allocate_pageable,
             .call = call_in_turn},
    Transfer{.name = "pinned",
             .summary = "the producer writes into page-locked memory",
             .footprint = pinned_footprint,
             .pin = pin_all,
             .produce = write_as_producer,
             .call = call_in_turn},
};

}  // namespace

std::span<const Transfer> transfers() { return table; }

const Transfer* find_transfer(std::string_view name) {
  for (const Transfer& transfer : table)
    if (transfer.name == name) return &transfer;
  return nullptr;
}

}  // namespace crossover::gpu
