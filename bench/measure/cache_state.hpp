#pragma once

namespace crossover {

/// What the caches hold before each sample: the data of the sample before, or nothing of it.
enum class Cache { warm, cold };

}  // namespace crossover
