#include "bench/plan/question.hpp"

#include <algorithm>

#include "bench/base/sizes.hpp"
#include "bench/base/suggest.hpp"
#include "bench/measure/events.hpp"
#include "bench/rows/cell.hpp"

namespace crossover {
namespace {

constexpr double usual_uses = 100;

Question parse_question(const std::string& text) {
  if (text == "call") return {};
  if (text == "cost") return {.kind = Question::Kind::cost};
  if (text == "resident") return {.kind = Question::Kind::resident};
  if (text.starts_with("reuse="))
    return {.kind = Question::Kind::reuse, .uses = static_cast<double>(parse_size(text.substr(6)))};
  if (text == "reuse") throw UsageError("'reuse' lacks its number of calls, as in reuse=100");
  throw UsageError(
      unknown("question", text, std::vector<std::string>{"call", "resident", "reuse=100", "cost", "all"}));
}

}  // namespace

std::string name_of(const Question& question) {
  switch (question.kind) {
    case Question::Kind::call: return "call";
    case Question::Kind::resident: return "resident";
    case Question::Kind::cost: return "cost";
    case Question::Kind::reuse: break;
  }
  return "reuse=" + print_number(question.uses);
}

std::string text_of(const Question& question) {
  switch (question.kind) {
    case Question::Kind::call: return "calls from host memory to host memory";
    case Question::Kind::resident: return "data already there: computations alone";
    case Question::Kind::cost: return "what calls cost at the machines' prices";
    case Question::Kind::reuse: break;
  }
  return "stationary inputs kept for " + print_number(question.uses) +
         (question.uses == 1 ? " call" : " calls") + ", each call with its share of the set-up";
}

const char* comparative_of(const Question& question) {
  return question.kind == Question::Kind::cost ? "cheaper" : "faster";
}

std::vector<Question> parse_questions(const std::string& text) {
  if (text == "all")
    return {{}, {.kind = Question::Kind::resident}, {.kind = Question::Kind::reuse, .uses = usual_uses}};
  std::vector<Question> questions;
  for (const std::string& each : parse_list(text)) {
    const Question question = parse_question(each);
    const auto same = [&](const Question& other) { return name_of(other) == name_of(question); };
    if (std::ranges::none_of(questions, same)) questions.push_back(question);
  }
  return questions;
}

double setup_of(const PhaseSeconds& around) {
  return seconds_in(around, Phase::allocate) + seconds_in(around, Phase::pin) +
         seconds_in(around, Phase::release);
}

double seconds_for(const Question& question, const PhaseSeconds& sample, const PhaseSeconds& around) {
  const auto call = sample.find(name_of(Phase::call));
  const bool whole = call != sample.end();
  switch (question.kind) {
    case Question::Kind::call:
    case Question::Kind::cost: return sample.at(name_of(Phase::call));
    case Question::Kind::resident: return whole ? call->second : seconds_in(sample, Phase::compute);
    case Question::Kind::reuse: break;
  }
  const double once_s = setup_of(around) + (whole ? 0 : seconds_in(sample, Phase::upload));
  const double each_s = whole ? call->second
                              : seconds_in(sample, Phase::upload_fresh) + seconds_in(sample, Phase::compute) +
                                    seconds_in(sample, Phase::download);
  return once_s / question.uses + each_s;
}

}  // namespace crossover
