// A .npy file: its header, and where that is right its values.
#include "common/npy.hpp"

#include <vector>

#include "fuzz.hpp"

using namespace crossover;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::TextFile file(fuzz::text_of(data, size));
  const auto header = fuzz::unless_refused([&] { return read_npy_header(file.path()); });
  if (!header) return 0;
  const std::size_t bytes = static_cast<std::size_t>(header->extents.count()) * size_of(header->type);
  fuzz::require(header->data_offset + bytes == size, "header and data are the whole file");
  std::vector<std::byte> values(bytes);
  read_npy(file.path(), *header, {values.data(), header->type, header->extents});
  return 0;
}
