// Numbers as people type them. Every function throws UsageError with a sentence that quotes the text.
#pragma once

#include <string_view>
#include <vector>

#include "bench/base/usage_error.hpp"
#include "common/array.hpp"

namespace crossover {

/// A count of at least 1, exactly: 1000, 1e6, 1.5e3, 50M (k, M, G, T: 1e3 to 1e12), 2^20.
Index parse_size(std::string_view text);

/// A comma list of sizes, each once, in the order given.
std::vector<Index> parse_sizes(std::string_view text);

/// Bytes: a size, or one with B, kB, MB, GB, TB (1e3 to 1e12) or KiB, MiB, GiB, TiB (2^10 to 2^40).
std::size_t parse_bytes(std::string_view text);

/// Bytes per second, above 0: bytes as above, with or without /s behind them: 55GB/s, 3TB/s.
double parse_rate(std::string_view text);

/// 3% or 0.03, as a fraction between 0 and 1, both excluded.
double parse_percent(std::string_view text);

/// Seconds, above 0: 5, 0.5s, 5us, 250ms, 2min, 1h.
double parse_seconds(std::string_view text);

/// 0.4/h as a price per second, at least 0; also /s, /min and /d.
double parse_price(std::string_view text);

/// The items of a comma list, none of them empty, each once, in the order given.
std::vector<std::string> parse_list(std::string_view text);

}  // namespace crossover
