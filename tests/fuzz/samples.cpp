// A file of samples that a run goes on with.
#include "bench/base/input_file.hpp"
#include "bench/rows/sample.hpp"
#include "fuzz.hpp"

using namespace crossover;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view before = fuzz::text_of(data, size);
  const fuzz::TextFile file(before);
  Row row;
  row.problem = "sum";
  const auto written = fuzz::unless_refused([&] {
    SamplesFile(file.path(), Existing::append).write(row, {.kind = "call", .seconds = {{"call", 0.5}}});
    return true;
  });
  const std::string after = read_whole(file.path());
  if (!written) {
    fuzz::require(after == before, "a file that is refused stays as it was");
    return 0;
  }
  fuzz::require(after.ends_with("\r\n"), "the last line is whole");
  fuzz::require(after.starts_with(before.substr(0, before.rfind('\n') + 1)), "whole lines stay");
  return 0;
}
