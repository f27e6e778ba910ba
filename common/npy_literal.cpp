#include "common/npy_literal.hpp"

#include <charconv>
#include <string>
#include <utility>

namespace crossover {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw NpyError(path.string() + ": " + what);
}

/// The dict literal of a header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderParser {
 public:
  HeaderParser(const fs::path& path, std::string_view text) : path_(path), rest_(text) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr") {
        parse_type(has_type_);
      } else if (key == "fortran_order") {
        parse_order(has_order_);
      } else if (key == "shape") {
        parse_shape(has_shape_);
      } else {
        malformed();
      }
      if (!accept(',') && peek() != '}') malformed();
    }
    if (peek() != '\0' || !has_type_ || !has_order_ || !has_shape_) malformed();
    check_shape();
    return header_;
  }

 private:
  [[noreturn]] void malformed() const {
    fail(path_,
         "the header is not the dict literal that numpy.save writes (descr, fortran_order, shape): write "
         "the file again with numpy.save");
  }

  char peek() {
    while (!rest_.empty() && std::string_view(" \t\r\n\f\v").find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool accept(char wanted) {
    if (peek() != wanted || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) malformed();
  }
  bool accept_word(std::string_view word) {
    peek();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void once(bool& seen) const {
    if (std::exchange(seen, true)) malformed();
  }

  std::string_view string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') malformed();
    rest_.remove_prefix(1);
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) malformed();
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }

  void parse_type(bool& seen) {
    once(seen);
    if (peek() == '[')
      fail(path_, "has records (a structured dtype): save one field, as in numpy.save(file, a['field'])");
    const std::string_view name = string();
    if (name == "<i8") {
      header_.type = Type::i64;
    } else if (name == "<f4") {
      header_.type = Type::f32;
    } else if (name == "<f8") {
      header_.type = Type::f64;
    } else if (name.ends_with('O')) {
      fail(path_, "holds Python objects: save plain numbers, as in numpy.save(file, a.astype('<f4'))");
    } else if (name == ">i8" || name == ">f4" || name == ">f8") {
      fail(path_, "is byte-swapped (dtype " + std::string(name) + "): save a.astype('<" +
                      std::string(name.substr(1)) + "')");
    } else {
      fail(path_, "has elements of dtype " + std::string(name) +
                      "; only f32, f64 and i64 can be used: save a.astype('<f4'), '<f8' or '<i8'");
    }
  }

  void parse_order(bool& seen) {
    once(seen);
    fortran_ = accept_word("True");
    if (!fortran_ && !accept_word("False")) malformed();
  }

  void parse_shape(bool& seen) {
    once(seen);
    expect('(');
    while (!accept(')')) {
      const Index size = whole_number();
      if (header_.extents.rank < 2)
        header_.extents.size[static_cast<std::size_t>(header_.extents.rank)] = size;
      ++header_.extents.rank;
      const bool comma = accept(',');
      if (!comma && (peek() != ')' || header_.extents.rank == 1)) malformed();  // (3) is no tuple
    }
  }

  Index whole_number() {
    peek();
    Index value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error == std::errc::result_out_of_range)
      fail(path_, "has a size that does not fit into 63 bits: the header is damaged");
    if (error != std::errc{}) malformed();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    accept_word("L");  // Python 2 wrote (3L, 4L)
    if (value < 0) fail(path_, "has a negative size (" + std::to_string(value) + "): the header is damaged");
    return value;
  }

  void check_shape() const {
    const Extents& extents = header_.extents;
    if (extents.rank > 2)
      fail(path_, "has " + std::to_string(extents.rank) +
                      " axes; at most 2 can be used: save a.reshape(len(a), -1)");
    if (extents.size[0] == 0 || extents.size[1] == 0)
      fail(path_, "is empty: an array needs at least one element");
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(extents.size[0], extents.size[1], &bytes) ||
        __builtin_mul_overflow(bytes, static_cast<std::int64_t>(size_of(header_.type)), &bytes))
      fail(path_, "has a shape whose bytes overflow 63 bits: the header is damaged");
    if (fortran_ && extents.size[0] > 1 && extents.size[1] > 1)
      fail(path_, "is in Fortran order, column by column: save numpy.ascontiguousarray(a)");
  }

  const fs::path& path_;
  std::string_view rest_;
  NpyHeader header_{};
  bool has_type_ = false, has_order_ = false, has_shape_ = false, fortran_ = false;
};

}  // namespace

NpyHeader parse_npy_literal(const fs::path& path, std::string_view text) {
  return HeaderParser(path, text).parse();
}

}  // namespace crossover
