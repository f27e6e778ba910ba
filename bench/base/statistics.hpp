// Medians with rank intervals: no distribution assumed, no sample dropped (Hoefler and Belli, SC15).
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace crossover {

struct Interval {
  double low, high;
};

/// Throws std::invalid_argument on no samples.
double median(std::span<const double> samples);

/// Interval of the median from order statistics, with an error of at most `alpha`; empty where there are
/// too few samples for that (8 for 0.01). The distribution of the samples does not matter.
std::optional<Interval> median_interval(std::span<const double> samples, double alpha);

/// The part of the total error of 1 % that look number `look` (0 at the first) may spend: the first look,
/// at 8 samples, takes what its whole range needs (2^-7), the others halve what remains.
double look_alpha(int look);
/// The same for the look that so many samples allow; looks are at `min_samples` and its doublings. Those
/// at fewer than 8 samples spend nothing; a look cut short by the budget spends its own part.
double alpha_after(std::size_t samples, int min_samples);

/// Of the ranks of neighbours, which a few preempted samples do not hide; 0 below 3 samples or without
/// variance.
double lag1_correlation(std::span<const double> samples);

/// Cases whose data the caches hold are called so often before it is another's turn: these samples share an
/// offset (caches, pages, what else runs then).
inline constexpr int samples_in_a_row = 8;

/// Medians of consecutive batches, doubled while neighbours correlate more than 0.2 (corrected for their
/// number), or means of so many in a row vary more than independent samples explain, and at least 32 batches
/// remain. The samples themselves where they are few or not correlated.
std::vector<double> decorrelated(std::span<const double> samples);

/// Interval of the median of decorrelated() samples; that of few, which cannot show or get rid of a
/// correlation, is extended. Empty where there are too few.
std::optional<Interval> extended_median_interval(std::span<const double> samples, double alpha);

/// The same of times in seconds: extended by factors, and around the median of all of them.
std::optional<Interval> call_interval(std::span<const double> seconds, double alpha);

/// ln(a / b) of two times in seconds, finite even where a clock saw nothing.
double log_ratio(double a_s, double b_s);

/// Samples further than 1.5 interquartile ranges outside the quartiles.
int count_outliers(std::span<const double> samples);

/// Which of two cases was faster, block by block.
enum class Faster { undecided, a, b, tie };

/// Less is no difference, in every verdict.
inline constexpr double verdict_margin = 0.03;

/// d = ln(t_a / t_b) per block; decided when the interval of its median lies outside +-`margin`,
/// a tie when it lies inside. The interval is an extended one: few blocks decide only what is clear.
struct PairVerdict {
  Faster verdict = Faster::undecided;
  std::optional<Interval> ratio;  ///< of t_a / t_b
};
PairVerdict compare_blocks(std::span<const double> a, std::span<const double> b, double alpha,
                           double margin = verdict_margin);

/// Samples that lie far apart are an answer, few as they may be: of the first that both have, all of `a` are
/// below all of `b`, by 1.7x (2 samples), 1.5x (3), 1.3x (4) or 1.15x, and by a quarter of the spread of
/// either (in logarithms). Where one has one sample, by `of_one` and the medians.
bool far_below(std::span<const double> a, std::span<const double> b, double of_one = 3);

}  // namespace crossover
