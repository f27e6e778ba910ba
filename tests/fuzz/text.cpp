// Text of strangers on its way to the screen: made printable, wrapped, in tables.
#include "bench/base/format.hpp"
#include "fuzz.hpp"

using namespace crossover;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const std::string shown = printable(text);
  fuzz::require(printable(shown) == shown, "what is printable stays as it is");
  for (const char byte : shown) {
    const auto code = static_cast<unsigned char>(byte);
    fuzz::require((code >= ' ' || byte == '\n' || byte == '\t' || byte == '\r') && code != 0x7F,
                  "no control character");
  }
  for (const int width : {1, 32, 80}) {
    wrapped(text, width, width / 2);
    fuzz::require(display_width(shortened(text, width)) <= width, "a shortened text fits");
  }
  TextTable table;
  table.add("name", {text, "b"});
  table.add(text, {"1", text});
  table.text(80);
  return 0;
}
