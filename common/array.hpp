// Arrays whose element type is known at run time, and where they live.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <type_traits>

namespace crossover {

using Index = std::int64_t;

enum class Type : std::uint8_t { i64, f32, f64 };

/// Where memory lives. A host array cannot be handed to a kernel: the type forbids it.
enum class Space : std::uint8_t { host, device };

constexpr std::size_t size_of(Type type) { return type == Type::f32 ? 4 : 8; }

constexpr const char* name_of(Type type) {
  return type == Type::i64 ? "i64" : type == Type::f32 ? "f32" : "f64";
}

template <class T>
inline constexpr Type type_of = std::is_same_v<T, std::int64_t> ? Type::i64
                                : std::is_same_v<T, float>      ? Type::f32
                                                                : Type::f64;

/// Calls body.operator()<T>() with the C++ type behind `type`.
template <class Body>
decltype(auto) with_type(Type type, Body&& body) {
  switch (type) {
    case Type::i64: return body.template operator()<std::int64_t>();
    case Type::f32: return body.template operator()<float>();
    case Type::f64: break;
  }
  return body.template operator()<double>();
}

/// The same for problems that are defined on floating-point elements only; i64 throws.
template <class Body>
decltype(auto) with_float(Type type, Body&& body) {
  if (type == Type::i64) throw std::invalid_argument("this problem has no i64 elements");
  return type == Type::f32 ? body.template operator()<float>() : body.template operator()<double>();
}

/// Sizes of an array, outermost first; rank 0 is a single element.
struct Extents {
  int rank = 0;
  std::array<Index, 2> size{1, 1};

  constexpr Index count() const { return size[0] * size[1]; }
  friend constexpr bool operator==(const Extents&, const Extents&) = default;
};

/// A contiguous row-major array in memory of one kind. It owns nothing.
template <Space S>
struct Array {
  void* data = nullptr;
  Type type = Type::f32;
  Extents extents{};

  Index count() const { return extents.count(); }
  std::size_t bytes() const { return static_cast<std::size_t>(count()) * size_of(type); }

  /// Elements [first, first + count) of the outermost extent, in place.
  Array slice(Index first, Index count) const {
    Array part = *this;
    part.data =
        static_cast<std::byte*>(data) + static_cast<std::size_t>(first * extents.size[1]) * size_of(type);
    part.extents.size[0] = count;
    return part;
  }
};

using HostArray = Array<Space::host>;
using DeviceArray = Array<Space::device>;

/// Typed row-major view, rows x cols.
template <class T>
struct Matrix {
  T* data;
  Index rows, cols;

  T* row(Index i) const { return data + i * cols; }
};

/// The elements of `array` as T; throws std::logic_error where the array holds another type.
template <class T, Space S>
std::span<T> vector(const Array<S>& array) {
  if (array.type != type_of<std::remove_const_t<T>>) throw std::logic_error("element type differs");
  return {static_cast<T*>(array.data), static_cast<std::size_t>(array.count())};
}

/// The same as a matrix, rows x cols.
template <class T, Space S>
Matrix<T> matrix(const Array<S>& array) {
  return {vector<T>(array).data(), array.extents.size[0], array.extents.size[1]};
}

}  // namespace crossover
