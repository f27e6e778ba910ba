#include "bench/rows/naming.hpp"

namespace crossover {

std::string verdict_name(const Row& row, std::span<const Row* const> group) {
  bool backends = false, transfers = false, threads = false;
  for (const Row* other : group) {
    if (other->solver != row.solver) continue;
    backends |= other->backend != row.backend;
    if (other->backend != row.backend) continue;
    transfers |= other->transfer != row.transfer;
    threads |= other->threads != row.threads;
  }
  return (backends ? row.backend + ' ' : std::string()) + row.solver + (transfers ? ' ' + row.transfer : "") +
         (threads ? " t" + std::to_string(row.threads) : "");
}

}  // namespace crossover
