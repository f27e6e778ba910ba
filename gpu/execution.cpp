#include "gpu/execution.hpp"

#include <cstring>
#include <type_traits>
#include <utility>

#include "gpu/check.hpp"
#include "gpu/guarded_region.hpp"
#include "gpu/startup.hpp"
#include "gpu/temporary_memory.hpp"
#include "gpu/transfer.hpp"

namespace crossover::gpu {
namespace {

struct StreamEnd {
  void operator()(cudaStream_t stream) const {
    if (cudaStreamDestroy(stream) != cudaSuccess) cudaGetLastError();
  }
};
using Stream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, StreamEnd>;

Stream new_stream() {
  cudaStream_t stream = nullptr;
  CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return Stream(stream);
}

template <Space S>
Array<S> array_of(const Operand& operand, const Task& task) {
  return {nullptr, operand.type(task.type), extents_of(operand, task.shape)};
}

std::vector<GuardedRegion::Block> blocks_of(std::span<const Operand> operands, const char* kind,
                                            const Task& task) {
  std::vector<GuardedRegion::Block> blocks;
  for (const Operand& operand : operands)
    blocks.push_back(
        {std::string(kind) + " " + operand.name, array_of<Space::device>(operand, task).bytes()});
  return blocks;
}

/// None where the solver wants none.
std::vector<GuardedRegion::Block> workspace_block(const Task& task, const DeviceSolver& solver) {
  const std::size_t bytes = workspace_bytes(solver, task.shape, task.type, task.limits);
  return bytes == 0 ? std::vector<GuardedRegion::Block>{}
                    : std::vector<GuardedRegion::Block>{{"its workspace", bytes}};
}

class DeviceExecution final : public Execution {
 public:
  DeviceExecution(const Task& task, const DeviceSolver& solver, const Transfer& transfer)
      : task_(task),
        solver_(solver),
        transfer_(transfer),
        cublas_(uses_cublas(solver) ? &cublas_handle(task.device) : nullptr),
        memory_(device_memory(task.device)),
        temporary_(memory_) {}
  ~DeviceExecution() override {
    if (stream_ && cudaStreamSynchronize(stream_.get()) != cudaSuccess) cudaGetLastError();
  }

  std::vector<Step> opening() override {
    std::vector<Step> steps{{Phase::allocate, 1, [this] { allocate(); }}};
    if (transfer_.pin) steps.push_back({Phase::pin, 1, [this] { transfer_.pin(host_, task_); }});
    if (transfer_.produce) steps.push_back({Phase::inputs, 1, [this] { transfer_.produce(host_, task_); }});
    return steps;
  }

  std::vector<Step> call() override {
    return transfer_.call({.upload = [this](bool stationary) { upload(stationary); },
                           .compute = [this] { compute(); },
                           .download = [this] { download(); }},
                          *task_.problem);
  }

  std::vector<Step> closing() override {
    return {{Phase::release, 1, [this] { release(); }}};
  }

  void wait() override {
    if (stream_) CUDA_CHECK(cudaStreamSynchronize(stream_.get()));
  }

  void poison() override {
    for (const GuardedRegion* region : {&results_, &states_, &workspace_}) region->poison(stream_.get());
    for (const HostArray& array : host_.out) std::memset(array.data, 0xFF, array.bytes());
    wait();
  }

  std::string damage() override {
    for (const GuardedRegion* region : {&results_, &states_, &workspace_})
      if (std::string damage = region->damage(stream_.get()); !damage.empty()) return damage;
    return {};
  }

  std::span<const HostArray> outputs() override { return host_.out; }

 private:
  void allocate() {
    CUDA_CHECK(cudaSetDevice(task_.device));
    memory_.set_limit(task_.device_limit_bytes);
    stream_ = new_stream();
    const Problem& problem = *task_.problem;
    for (const Operand& operand : problem.in) {
      in_.push_back(array_of<Space::device>(operand, task_));
      inputs_.push_back(memory_.allocate(in_.back().bytes()));
      in_.back().data = inputs_.back().data();
    }
    results_ = GuardedRegion(memory_, blocks_of(problem.out, "output", task_));
    states_ = GuardedRegion(memory_, blocks_of(problem.state, "state", task_));
    workspace_ = GuardedRegion(memory_, workspace_block(task_, solver_));
    out_ = arrays_in(problem.out, results_);
    state_ = arrays_in(problem.state, states_);
    if (transfer_.allocate) transfer_.allocate(host_, task_);
  }

  std::vector<DeviceArray> arrays_in(std::span<const Operand> operands, const GuardedRegion& region) const {
    std::vector<DeviceArray> arrays;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      arrays.push_back(array_of<Space::device>(operands[i], task_));
      arrays.back().data = region.data(i);
    }
    return arrays;
  }

  void upload(bool stationary) {
    for (std::size_t i = 0; i < in_.size(); ++i)
      if (task_.problem->in[i].stationary == stationary && in_[i].bytes() != 0)
        CUDA_CHECK(cudaMemcpyAsync(in_[i].data, host_.in[i].data, in_[i].bytes(), cudaMemcpyHostToDevice,
                                   stream_.get()));
  }

  void compute() {
    DeviceContext context{
        .stream = stream_.get(), .limits = task_.limits, .cublas = cublas_, .temporary = &temporary_};
    const bool works = !workspace_.empty();
    try {
      solver_.solve(context, {.in = in_,
                              .state = state_,
                              .out = out_,
                              .workspace = works ? std::span(workspace_.data(0), workspace_.bytes(0))
                                                 : std::span<std::byte>(),
                              .shape = task_.shape,
                              .whole = task_.shape});
      CUDA_CHECK(cudaGetLastError());  // else another case would be blamed for it
    } catch (...) {
      rethrow_from_library();
    }
  }

  void download() {
    for (std::size_t i = 0; i < out_.size(); ++i)
      if (out_[i].bytes() != 0)
        CUDA_CHECK(cudaMemcpyAsync(host_.out[i].data, out_[i].data, out_[i].bytes(), cudaMemcpyDeviceToHost,
                                   stream_.get()));
  }

  /// Frees everything even where the device is lost, and then says so.
  void release() {
    const cudaError_t status = stream_ ? cudaStreamSynchronize(stream_.get()) : cudaSuccess;
    in_.clear();
    out_.clear();
    state_.clear();
    inputs_.clear();
    for (GuardedRegion* region : {&results_, &states_, &workspace_}) *region = GuardedRegion();
    temporary_.release();
    host_ = HostSide();
    stream_.reset();
    check(status, "cudaStreamSynchronize");
  }

  const Task task_;
  const DeviceSolver& solver_;
  const Transfer& transfer_;
  Cublas* const cublas_;
  DeviceMemory& memory_;
  Stream stream_;
  HostSide host_;
  std::vector<DeviceBuffer> inputs_;
  GuardedRegion results_, states_, workspace_;
  TemporaryMemory temporary_;
  std::vector<DeviceArray> in_, out_, state_;
};

}  // namespace

std::optional<std::size_t> device_bytes(const Task& task, const DeviceSolver& solver) {
  if (solver.allocates) return std::nullopt;
  std::size_t total = 0;
  for (const Operand& operand : task.problem->in)
    total += device_rounded(array_of<Space::device>(operand, task).bytes());
  return total + GuardedRegion::bytes_for(blocks_of(task.problem->out, "output", task)) +
         GuardedRegion::bytes_for(blocks_of(task.problem->state, "state", task)) +
         GuardedRegion::bytes_for(workspace_block(task, solver));
}

Footprint footprint_of(const Task& task) {
  const DeviceSolver* solver = find_device_solver(task.problem->name, task.solver);
  const Transfer* transfer = find_transfer(task.transfer);
  Footprint footprint = transfer ? transfer->footprint(task) : Footprint{};
  footprint.device_bytes = solver && transfer ? device_bytes(task, *solver) : std::nullopt;
  return footprint;
}

const DeviceSolver* find_device_solver(std::string_view problem, std::string_view solver) {
  for (const std::vector<DeviceSolver>& list : device_solvers())
    for (const DeviceSolver& candidate : list)
      if (candidate.problem == problem && candidate.name == solver) return &candidate;
  return nullptr;
}

bool uses_cublas(const SolverInfo& solver) {
  return solver.library && std::string_view(solver.library) == "cuBLAS";
}

std::unique_ptr<Execution> open_device(const Task& task) {
  const DeviceSolver* solver = find_device_solver(task.problem->name, task.solver);
  if (!solver) throw std::invalid_argument("the cuda backend has no such solver");
  return open_device(task, *solver);
}

std::unique_ptr<Execution> open_device(const Task& task, const DeviceSolver& solver) {
  const Transfer* transfer = find_transfer(task.transfer);
  if (!transfer) throw std::invalid_argument("the cuda backend has no such transfer mode");
  if (solver.cannot)
    if (const std::string why = solver.cannot(task.shape, task.type); !why.empty()) throw Unavailable(why);
  return std::make_unique<DeviceExecution>(task, solver, *transfer);
}

}  // namespace crossover::gpu
