// Asserts what is called a cliff before the wall, and what is not. To add a case: a row and its smaller
// neighbour.
#include "bench/rows/cliff.hpp"

#include <gtest/gtest.h>

#include "tests/rows.hpp"

namespace crossover {
namespace {

/// `share` of the free memory needed, at a throughput of `speed` elements per second.
Row sized(double elements, double share, double speed) {
  Row row = cpu_row("openmp", 2, elements / speed);
  row.bytes_in = 8 * elements;
  row.bytes_out = 0.0;
  row.flops = elements;
  row.floor_s = {};
  row.needed_host_bytes = static_cast<std::int64_t>(8 * elements);
  row.available_host_bytes = static_cast<std::int64_t>(8 * elements / share);
  return row;
}

std::string cliff(const Row& row, const Row& smaller) {
  return cliff_before_wall(row, std::vector<Row>{smaller});
}

TEST(Cliff, IsAThroughputThatHalvesInFullMemory) {
  const Row before = sized(1e8, 0.4, 4e9);
  const std::string found = cliff(sized(2e8, 0.9, 1.5e9), before);
  EXPECT_NE(found.find("2.67x"), std::string::npos) << found;
  EXPECT_NE(found.find("host"), std::string::npos) << found;
  EXPECT_EQ(cliff(sized(2e8, 0.9, 2.1e9), before), "") << "not by half";
  EXPECT_EQ(cliff(sized(2e8, 0.7, 1.5e9), before), "") << "memory is not the reason";
}

TEST(Cliff, IsNoWorkThatGrowsFasterThanItsData) {
  const Row before = sized(1e8, 0.4, 4e9);
  Row more = sized(2e8, 0.9, 1e9);
  more.flops = 4e8 * 2;  // as many operations per second as before
  EXPECT_EQ(cliff(more, before), "");
}

TEST(Cliff, ComparesWithTheNextSmallerSizeOfTheSameCase) {
  const Row row = sized(2e8, 0.9, 1e9);
  Row other = sized(1e8, 0.4, 4e9);
  other.solver = "eigen";
  EXPECT_EQ(cliff(row, other), "");
  Row failed = sized(1e8, 0.4, 4e9);
  failed.outcome = Outcome::killed;
  EXPECT_EQ(cliff(row, failed), "");
  EXPECT_EQ(cliff_before_wall(row, {}), "");
  const std::vector<Row> several = {sized(1e7, 0.1, 4e9), sized(1.9e8, 0.85, 1.1e9), sized(1e8, 0.5, 4e9)};
  EXPECT_EQ(cliff_before_wall(row, several), "") << "the neighbour was slow already";
}

TEST(Cliff, IsNoDataThatLeftACache) {
  Row before = sized(1e8, 0.4, 4e9), row = sized(2e8, 0.9, 1e9);
  before.floor_s = 0.9 * *before.call_s;
  row.floor_s = 0.9 * *row.call_s;  // as near to its level's bandwidth
  EXPECT_EQ(cliff(row, before), "");
  row.floor_s = 0.2 * *row.call_s;
  EXPECT_NE(cliff(row, before), "");
}

TEST(Cliff, IsNoCallThatOtherWorkDisturbed) {
  Row before = sized(1e8, 0.4, 4e9), row = sized(2e8, 0.9, 1e9);
  row.samples = 1;
  row.disturbed_samples = 1;
  EXPECT_EQ(cliff(row, before), "");
  row.samples = 3;
  EXPECT_NE(cliff(row, before), "") << "two of them nothing disturbed";
  before.samples = before.disturbed_samples = 2;
  EXPECT_EQ(cliff(row, before), "") << "what it fell from is not known";
}

TEST(Cliff, OfADeviceSaysSo) {
  Row before = sized(1e8, 0.1, 4e9), row = sized(2e8, 0.2, 1e9);
  row.needed_device_bytes = 95;
  row.available_device_bytes = 100;
  EXPECT_NE(cliff(row, before).find("95"), std::string::npos);
  EXPECT_NE(cliff(row, before).find("device"), std::string::npos);
}

}  // namespace
}  // namespace crossover
