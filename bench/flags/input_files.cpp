#include "bench/flags/input_files.hpp"

#include <algorithm>
#include <functional>

#include "bench/base/sizes.hpp"
#include "bench/base/suggest.hpp"
#include "common/npy.hpp"

namespace crossover {
namespace {

struct InputFile {
  const Operand* operand;
  std::string path;
  NpyHeader header;
};

std::vector<std::string> names_of(std::span<const Type> types) {
  std::vector<std::string> names;
  for (const Type type : types) names.emplace_back(name_of(type));
  return names;
}

std::string axis_flags_of(const Problem& problem) {
  std::vector<std::string> flags;
  for (const Axis& axis : problem.axes) flags.push_back(std::string("--") + axis.name);
  return joined(flags);
}

std::string axes_of(const Problem& problem, const Operand& operand) {
  std::string text;
  for (const int axis : operand.axes)
    text += std::string(text.empty() ? "" : " x ") + problem.axes[static_cast<std::size_t>(axis)].name;
  return text;
}

InputFile open_input(const Problem& problem, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw UsageError("--input " + text + ": write it as NAME=FILE.npy");
  const std::string name = text.substr(0, equals), path = text.substr(equals + 1);
  std::vector<std::string> names;
  for (const Operand& operand : problem.in) names.emplace_back(operand.name);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw UsageError("--input: " + unknown(std::string(problem.name) + " input", name, names));
  const Operand& operand = problem.in[static_cast<std::size_t>(found - names.begin())];
  try {
    const NpyHeader header = read_npy_header(path);
    const auto wanted = static_cast<int>(operand.axes.size());
    if (header.extents.rank != wanted)
      throw NpyError(path + ": has rank " + std::to_string(header.extents.rank) + "; " + name + " is " +
                     axes_of(problem, operand) + ", of rank " + std::to_string(wanted) +
                     (wanted == 1 ? ": save a.ravel()" : ": save a.reshape(1, -1) for a single row"));
    return {&operand, path, header};
  } catch (const NpyError& error) {
    throw UsageError(std::string("--input: ") + error.what());
  }
}

std::vector<InputFile> open_inputs(const Problem& problem, const std::vector<std::string>& texts) {
  std::vector<InputFile> files;
  for (const std::string& text : texts) {
    files.push_back(open_input(problem, text));
    for (std::size_t i = 0; i + 1 < files.size(); ++i)
      if (files[i].operand == files.back().operand)
        throw UsageError(std::string("--input: ") + files.back().operand->name + " is given twice");
  }
  return files;
}

std::vector<Type> types_from_flag(const Problem& problem, const std::string& text) {
  std::vector<Type> types;
  const std::vector<Type> every = {Type::i64, Type::f32, Type::f64};
  std::vector<std::string> known = names_of(every);
  known.emplace_back("all");
  const std::vector<std::string> names = parse_list(text);
  if (std::find(names.begin(), names.end(), "all") != names.end()) return problem.types;
  for (const std::string& name : names) {
    const auto type =
        std::find_if(every.begin(), every.end(), [&](Type candidate) { return name == name_of(candidate); });
    if (type == every.end()) throw UsageError("--type: " + unknown("type", name, known));
    if (std::find(problem.types.begin(), problem.types.end(), *type) == problem.types.end())
      throw UsageError("--type: " + std::string(problem.name) + " has no " + name + " elements; it has " +
                       joined(names_of(problem.types)));
    types.push_back(*type);
  }
  return types;
}

Type type_from_files(const Problem& problem, const std::vector<InputFile>& files) {
  for (const Type type : problem.types)
    if (std::all_of(files.begin(), files.end(),
                    [&](const InputFile& file) { return file.operand->type(type) == file.header.type; }))
      return type;
  const InputFile& first = files.front();
  for (const InputFile& file : files)
    if (file.header.type != first.header.type)
      throw UsageError("--input: " + first.path + " holds " + name_of(first.header.type) + ", " + file.path +
                       " holds " + name_of(file.header.type) + ": save both with one dtype");
  throw UsageError("--input: " + first.path + " holds " + name_of(first.header.type) + "; " + problem.name +
                   " has " + joined(names_of(problem.types)) + ": save a.astype('" +
                   npy_descr(problem.types.front()) + "')");
}

void set_types(const Flags& flags, const std::vector<InputFile>& files, Options& options) {
  const Problem& problem = *options.problem;
  const auto given = flags.text.find("type");
  if (given != flags.text.end()) options.types = types_from_flag(problem, given->second);
  if (files.empty()) {
    if (given != flags.text.end()) return;
    const bool has_f32 =
        std::find(problem.types.begin(), problem.types.end(), Type::f32) != problem.types.end();
    options.types = {has_f32 ? Type::f32 : problem.types.front()};
    return;
  }
  const Type type = type_from_files(problem, files);
  if (given != flags.text.end() && options.types != std::vector{type})
    throw UsageError("--type " + given->second + " contradicts " + files.front().path + ", which holds " +
                     name_of(type) + ": leave the flag out");
  options.types = {type};
}

void set_sizes(const Flags& flags, const std::vector<InputFile>& files, Options& options) {
  const Problem& problem = *options.problem;
  std::vector<std::string> from(problem.axes.size());  // the file that says so; empty: none
  for (std::size_t axis = 0; axis < problem.axes.size(); ++axis) {
    const std::string name = problem.axes[axis].name;
    options.sizes.push_back({problem.axes[axis].fallback});
    const auto given = flags.text.find(name);
    if (given != flags.text.end()) try {
        options.sizes[axis] = parse_sizes(given->second);
      } catch (const UsageError& error) {
        throw UsageError("--" + name + ": " + error.what());
      }
    for (const InputFile& file : files) {
      const auto at = std::find(file.operand->axes.begin(), file.operand->axes.end(), static_cast<int>(axis));
      if (at == file.operand->axes.end()) continue;
      const Index size = file.header.extents.size[static_cast<std::size_t>(at - file.operand->axes.begin())];
      if (!from[axis].empty() && options.sizes[axis].front() != size)
        throw UsageError("--input: " + from[axis] + " has " + name + " " +
                         std::to_string(options.sizes[axis].front()) + ", " + file.path + " has " + name +
                         " " + std::to_string(size) + ": they must agree");
      if (from[axis].empty() && given != flags.text.end() && options.sizes[axis] != std::vector{size})
        throw UsageError("--" + name + " " + given->second + " contradicts " + file.path + ", which has " +
                         name + " " + std::to_string(size) + ": leave the flag out");
      options.sizes[axis] = {size};
      from[axis] = file.path;
    }
  }
}

}  // namespace

void set_shapes(const Flags& flags, Options& options) {
  const Problem& problem = *options.problem;
  for (const Problem* other : problems())
    for (const Axis& axis : other->axes)
      if (flags.has(axis.name) && problem.axis(axis.name) < 0)
        throw UsageError(std::string("--") + axis.name + ": " + problem.name + " has no such size; it has " +
                         axis_flags_of(problem));
  const std::vector<InputFile> files = open_inputs(problem, flags.inputs);
  for (const InputFile& file : files) options.inputs[file.operand->name] = file.path;
  set_types(flags, files, options);
  set_sizes(flags, files, options);
}

}  // namespace crossover
