#include "gpu/execution.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "gpu/check.hpp"
#include "gpu/guarded_region.hpp"
#include "gpu/pieces.hpp"
#include "gpu/startup.hpp"
#include "gpu/stream.hpp"
#include "gpu/temporary_memory.hpp"
#include "gpu/transfer.hpp"

namespace crossover::gpu {
namespace {

DeviceArray array_of(const Operand& operand, const Task& task, const Shape& shape) {
  return {nullptr, operand.type(task.type), extents_of(operand, shape)};
}

std::vector<GuardedRegion::Block> blocks_of(std::span<const Operand> operands, const char* kind,
                                            const Task& task) {
  std::vector<GuardedRegion::Block> blocks;
  for (const Operand& operand : operands)
    blocks.push_back({std::string(kind) + " " + operand.name, array_of(operand, task, task.shape).bytes()});
  return blocks;
}

/// What is allocated for an input: the longest piece of one that is cut, else the whole.
DeviceArray input_buffer(const Operand& operand, const Task& task, const Pieces& pieces) {
  return array_of(operand, task, pieces.cuts(operand) ? pieces.longest() : task.shape);
}

/// None where the solver wants none.
std::vector<GuardedRegion::Block> workspace_block(const Task& task, const DeviceSolver& solver,
                                                  const Pieces& pieces) {
  const std::size_t bytes = pieces.workspace_bytes(solver, task.type, task.limits);
  return bytes == 0 ? std::vector<GuardedRegion::Block>{}
                    : std::vector<GuardedRegion::Block>{{"its workspace", bytes}};
}

class DeviceExecution final : public Execution {
 public:
  DeviceExecution(const Task& task, const DeviceSolver& solver, const Transfer& transfer)
      : task_(task),
        solver_(solver),
        transfer_(transfer),
        pieces_(task_, solver),
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
    return transfer_.call({.pieces = pieces_.count(),
                           .count = [this](InputKind which) { return count_of(which); },
                           .upload = [this](InputKind which, int piece) { upload(which, piece); },
                           .compute = [this](int piece) { compute(piece); },
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
      in_.push_back(input_buffer(operand, task_, pieces_));
      inputs_.push_back(memory_.allocate(in_.back().bytes()));
      in_.back().data = inputs_.back().data();
    }
    results_ = GuardedRegion(memory_, blocks_of(problem.out, "output", task_));
    states_ = GuardedRegion(memory_, blocks_of(problem.state, "state", task_));
    workspace_ = GuardedRegion(memory_, workspace_block(task_, solver_, pieces_));
    out_ = arrays_in(problem.out, results_);
    state_ = arrays_in(problem.state, states_);
    if (transfer_.allocate) transfer_.allocate(host_, task_);
  }

  std::vector<DeviceArray> arrays_in(std::span<const Operand> operands, const GuardedRegion& region) const {
    std::vector<DeviceArray> arrays;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      arrays.push_back(array_of(operands[i], task_, task_.shape));
      arrays.back().data = region.data(i);
    }
    return arrays;
  }

  bool is(InputKind which, const Operand& operand) const {
    if (pieces_.cuts(operand)) return which == InputKind::cut;
    return which == (operand.stationary ? InputKind::stationary : InputKind::fresh);
  }

  int count_of(InputKind which) const {
    return static_cast<int>(std::count_if(task_.problem->in.begin(), task_.problem->in.end(),
                                          [&](const Operand& operand) { return is(which, operand); }));
  }

  /// A piece overwrites the one before: the stream does one after the other.
  void upload(InputKind which, int piece) {
    const std::vector<Operand>& operands = task_.problem->in;
    const std::vector<HostArray> from = pieces_.part<Space::host>(operands, host_.in, piece);
    for (std::size_t i = 0; i < in_.size(); ++i)
      if (is(which, operands[i]) && from[i].bytes() != 0)
        CUDA_CHECK(cudaMemcpyAsync(in_[i].data, from[i].data, from[i].bytes(), cudaMemcpyHostToDevice,
                                   stream_.get()));
  }

  /// The inputs of a piece: those that are cut lie at the start of their buffers.
  std::vector<DeviceArray> inputs_of(int piece) const {
    std::vector<DeviceArray> in = in_;
    for (std::size_t i = 0; i < in.size(); ++i)
      in[i].extents = extents_of(task_.problem->in[i],
                                 pieces_.cuts(task_.problem->in[i]) ? pieces_.shape(piece) : task_.shape);
    return in;
  }

  void compute(int piece) {
    DeviceContext context{
        .stream = stream_.get(), .limits = task_.limits, .cublas = cublas_, .temporary = &temporary_};
    const Problem& problem = *task_.problem;
    const Shape shape = pieces_.shape(piece);
    const std::vector<DeviceArray> in = inputs_of(piece),
                                   state = pieces_.part<Space::device>(problem.state, state_, piece),
                                   out = pieces_.part<Space::device>(problem.out, out_, piece);
    const std::size_t works = pieces_.workspace_bytes(solver_, task_.type, task_.limits, piece);
    try {
      solver_.solve(context,
                    {.in = in,
                     .state = state,
                     .out = out,
                     .workspace = works == 0 ? std::span<std::byte>() : std::span(workspace_.data(0), works),
                     .shape = shape,
                     .whole = task_.shape,
                     .longest = pieces_.longest(),
                     .first = pieces_.first(piece),
                     .start = pieces_.starts(piece),
                     .last = pieces_.ends(piece)});
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
  const Pieces pieces_;
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

std::size_t least_device_bytes(const Task& task, const DeviceSolver& solver) {
  const Pieces pieces(task, solver);
  std::size_t total = 0;
  for (const Operand& operand : task.problem->in)
    total += device_rounded(input_buffer(operand, task, pieces).bytes());
  return total + GuardedRegion::bytes_for(blocks_of(task.problem->out, "output", task)) +
         GuardedRegion::bytes_for(blocks_of(task.problem->state, "state", task)) +
         GuardedRegion::bytes_for(workspace_block(task, solver, pieces));
}

std::optional<std::size_t> device_bytes(const Task& task, const DeviceSolver& solver) {
  if (solver.allocates) return std::nullopt;
  return least_device_bytes(task, solver);
}

Footprint footprint_of(const Task& task) {
  const DeviceSolver* solver = find_device_solver(task.problem->name, task.solver);
  const Transfer* transfer = find_transfer(task.transfer);
  Footprint footprint = transfer ? transfer->footprint(task) : Footprint{};
  footprint.device_bytes = std::nullopt;
  if (!solver || !transfer) return footprint;
  footprint.device_bytes = device_bytes(task, *solver);
  footprint.least_device_bytes = least_device_bytes(task, *solver);
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
    if (const std::string why = solver.cannot(Pieces(task, solver).longest(), task.type); !why.empty())
      throw Unavailable(why);
  return std::make_unique<DeviceExecution>(task, solver, *transfer);
}

}  // namespace crossover::gpu
