#include "common/npy.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "common/fresh_file.hpp"
#include "common/npy_literal.hpp"

namespace crossover {
namespace {

static_assert(std::endian::native == std::endian::little, ".npy files are written little-endian");

namespace fs = std::filesystem;

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t max_header_bytes = std::size_t{1} << 20;
constexpr std::size_t block_bytes = std::size_t{64} << 20;
constexpr std::size_t alignment = 64;  // of the data, as NumPy writes it

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw NpyError(path.string() + ": " + what);
}

std::string system_error() { return std::strerror(errno); }

/// Does not wait for whoever writes into a pipe.
int open_to_read(const fs::path& path) { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }

/// A file descriptor, or -1.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { close(); }

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  bool close() { return descriptor_ < 0 || ::close(std::exchange(descriptor_, -1)) == 0; }

  /// Bytes read, fewer than asked for at the end of the file or at an error, which errno names.
  std::size_t read(void* into, std::size_t bytes, std::size_t offset) const {
    std::size_t done = 0;
    while (done < bytes) {
      const ssize_t got = ::pread(descriptor_, static_cast<std::byte*>(into) + done,
                                  std::min(bytes - done, block_bytes), static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  bool write(const void* from, std::size_t bytes) const {
    std::size_t done = 0;
    while (done < bytes) {
      const ssize_t put = ::write(descriptor_, static_cast<const std::byte*>(from) + done,
                                  std::min(bytes - done, block_bytes));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return false;
      done += static_cast<std::size_t>(put);
    }
    return true;
  }

 private:
  int descriptor_;
};

std::size_t data_bytes(const NpyHeader& header) {
  return static_cast<std::size_t>(header.extents.count()) * size_of(header.type);
}

std::string header_text(const HostArray& array) {
  const Extents& extents = array.extents;
  std::string text =
      std::string("{'descr': '") + npy_descr(array.type) + "', 'fortran_order': False, 'shape': (";
  if (extents.rank > 0) text += std::to_string(extents.size[0]) + ",";
  if (extents.rank > 1) text += " " + std::to_string(extents.size[1]);
  text += "), }";
  const std::size_t prefix = magic.size() + 4;  // version and length
  text.append(alignment - (prefix + text.size() + 1) % alignment, ' ');
  text += '\n';
  return std::string(magic) + '\1' + '\0' + static_cast<char>(text.size() & 0xff) +
         static_cast<char>(text.size() >> 8) + text;
}

}  // namespace

NpyHeader read_npy_header(const fs::path& path) {
  const File file(open_to_read(path));
  if (!file.is_open()) fail(path, "cannot be read: " + system_error());
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) fail(path, "cannot be read: " + system_error());
  if (!S_ISREG(status.st_mode)) fail(path, "is not a regular file: give the name of a .npy file");
  const auto file_bytes = static_cast<std::size_t>(status.st_size);

  std::array<unsigned char, 12> start{};
  const std::size_t got = file.read(start.data(), start.size(), 0);
  const std::string_view text(reinterpret_cast<const char*>(start.data()), std::min(got, magic.size()));
  if (file_bytes == 0) fail(path, "has no bytes: write it again with numpy.save");
  if (!magic.starts_with(text)) fail(path, "is not a .npy file: write it with numpy.save");
  const char* const truncated = "ends within its header: the file is truncated, copy or write it again";
  if (got < magic.size() + 4) fail(path, truncated);
  const int version = start[6];
  if (version < 1 || version > 3 || start[7] != 0)
    fail(path, "is of format " + std::to_string(version) + "." + std::to_string(start[7]) +
                   "; 1.0, 2.0 and 3.0 can be read: write it again with numpy.save");

  std::size_t length = start[8] | std::size_t{start[9]} << 8;
  std::size_t begin = 10;
  if (version > 1) {
    if (got < 12) fail(path, truncated);
    length |= std::size_t{start[10]} << 16 | std::size_t{start[11]} << 24;
    begin = 12;
  }
  if (length > file_bytes - begin) fail(path, truncated);
  if (length > max_header_bytes) fail(path, "has a header above 1 MiB: write it again with numpy.save");
  std::string literal(length, '\0');
  if (file.read(literal.data(), length, begin) != length) fail(path, truncated);
  NpyHeader header = parse_npy_literal(path, literal);
  header.data_offset = begin + length;

  const std::size_t there = file_bytes - header.data_offset, needed = data_bytes(header);
  if (there < needed)
    fail(path, "is truncated: its header promises " + std::to_string(needed) + " bytes of data, " +
                   std::to_string(there) + " are there; copy or write it again");
  if (there > needed)
    fail(path, "has " + std::to_string(there - needed) +
                   " bytes behind its data: keep one array to a file, written by numpy.save");
  return header;
}

void read_npy(const fs::path& path, const NpyHeader& header, const HostArray& into, Index first_row) {
  const Index rows = into.extents.size[0], row_elements = header.extents.size[1];
  if (into.type != header.type || into.extents.size[1] != row_elements || first_row < 0 ||
      first_row > header.extents.size[0] - rows)
    throw std::logic_error(path.string() + ": the part asked for is not in the file");
  const File file(open_to_read(path));
  if (!file.is_open()) fail(path, "cannot be read: " + system_error());
  const std::size_t skipped = static_cast<std::size_t>(first_row * row_elements) * size_of(header.type);
  errno = 0;
  if (file.read(into.data, into.bytes(), header.data_offset + skipped) != into.bytes())
    fail(path, errno ? "cannot be read: " + system_error()
                     : std::string("became shorter while it was read: leave the file alone during a run"));
}

const char* npy_descr(Type type) { return type == Type::i64 ? "<i8" : type == Type::f32 ? "<f4" : "<f8"; }

void write_npy(const fs::path& path, const HostArray& array) {
  std::error_code ignored;
  const fs::file_status before = fs::status(path, ignored);
  if (fs::exists(before) && !fs::is_regular_file(before))
    fail(path, "is not a regular file: give another name");
  const FreshFile fresh = create_beside(path.string());
  File file(fresh.descriptor);
  if (!file.is_open()) fail(path, "cannot be written: " + system_error() + "; choose another folder");
  const std::string header = header_text(array);
  const bool written = file.write(header.data(), header.size()) && file.write(array.data, array.bytes()) &&
                       is_stored(file.descriptor()) && file.close();
  if (!written || ::rename(fresh.path.c_str(), path.c_str()) != 0) {
    const std::string reason = system_error();
    ::unlink(fresh.path.c_str());
    fail(path, "cannot be written: " + reason + "; free space or choose another folder");
  }
}

}  // namespace crossover
