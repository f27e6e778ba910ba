// Asserts: which features of the build a processor is found to lack, from scripted words of cpuid; and that
// the program, started on a lesser processor (emulated by qemu-user, where that is installed), says so in a
// sentence. To add a processor: its words in a Processor, or its name in qemu's list.
#include <gtest/gtest.h>

#include "bench/machine/processor.hpp"
#include "bench/machine/version.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

constexpr unsigned bit(int number) { return 1U << number; }

constexpr Feature level[] = {{"sse3", leaf1_ecx, 0, 0, Use::always},
                             {"avx2", leaf7_ebx, 5, 0x6, Use::here},
                             {"avx512f", leaf7_ebx, 16, 0xe6, Use::here},
                             {"fma4", extended_ecx, 16, 0x6, Use::none},
                             {}};

Processor everything() {
  Processor processor = {};
  processor.words[leaf1_ecx] = bit(0);
  processor.words[leaf7_ebx] = bit(5) | bit(16);
  processor.saved = 0xe7;
  return processor;
}

std::string explained(const Processor& processor, std::size_t bytes = 1000) {
  std::string text(bytes, 'x');
  explain_level(processor, level, text.data(), bytes);
  return text.c_str();
}

TEST(StartGuard, AProcessorThatHasWhatIsUsedRuns) { EXPECT_EQ(explained(everything()), ""); }

TEST(StartGuard, WhatIsMissingIsNamedAndWhatToDo) {
  Processor processor = everything();
  processor.words[leaf7_ebx] = 0;
  const std::string text = explained(processor);
  EXPECT_NE(text.find(std::string("made for ") + build_made_for), std::string::npos) << text;
  EXPECT_NE(text.find("has no avx2, avx512f. Build it on this machine"), std::string::npos) << text;
  EXPECT_NE(text.find("cmake --preset portable"), std::string::npos) << text;
}

TEST(StartGuard, RegistersThatTheSystemDoesNotSaveAreMissing) {
  Processor processor = everything();
  processor.saved = 0x7;  // AVX's, not AVX-512's
  EXPECT_NE(explained(processor).find("has no avx512f. "), std::string::npos);
  processor.saved = 0;
  EXPECT_NE(explained(processor).find("has no avx2, avx512f. "), std::string::npos);
}

TEST(StartGuard, BelowWhatEveryBuildNeedsNoBuildIsAdvised) {
  const std::string text = explained(Processor{});
  EXPECT_NE(text.find("has no sse3, avx2, avx512f. No build runs here"), std::string::npos) << text;
  EXPECT_EQ(text.find("cmake"), std::string::npos) << text;
}

TEST(StartGuard, ATextThatDoesNotFitIsCut) { EXPECT_EQ(explained(Processor{}, 20).size(), 19U); }

TEST(StartGuard, TheProcessorThatRunsThisTestHasTheBuildsLevel) {
  char text[1000];
  explain_level(this_processor(), build_level, text, sizeof(text));
  EXPECT_STREQ(text, "");
}

class OnALesserProcessor : public ProgramTest {
 protected:
  OnALesserProcessor() : ProgramTest(CROSSOVER_PROGRAM) {}

  void SetUp() override {
#if !defined __x86_64__
    GTEST_SKIP() << "processors of x86-64 are emulated";
#endif
    if (build_flags().find("-fsanitize=") != std::string::npos)
      GTEST_SKIP() << "the address sanitizer's memory map does not fit into the emulator's";
    for (const char* name : {"qemu-x86_64-static", "qemu-x86_64"})
      if (qemu_.empty() && status_of(start_program(name, {"--version"}, folder_)) == 0) qemu_ = name;
    if (qemu_.empty()) GTEST_SKIP() << "no qemu-x86_64 (Debian: qemu-user-static)";
  }

  Ended on(const char* processor, const Arguments& arguments) const {
    return finish(start_program(qemu_, {"-cpu", std::string(processor), program_, arguments}, folder_));
  }

  std::string qemu_;
};

TEST_F(OnALesserProcessor, WhatMeasuresIsRefused) {
  const Ended ended = on("Conroe", "run sum --n 10");
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_NE(ended.err.find("crossover: this program was made for "), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("sse4.1"), std::string::npos) << ended.err;
}

TEST_F(OnALesserProcessor, NoneDiesOfAnInstructionThatIsNotThere) {
  for (const char* processor : {"Haswell", "Nehalem"}) {  // a build may be made for one of them
    const Ended ended = on(processor, "list");
    if (ended.status != 0) {
      EXPECT_EQ(ended.status, 2) << processor;
      EXPECT_NE(ended.err.find("made for "), std::string::npos) << processor << ": " << ended.err;
    }
  }
}

TEST_F(OnALesserProcessor, VersionAndHelpAnswer) {
  const Ended version = on("Conroe", "--version");
  EXPECT_EQ(version.status, 0);
  EXPECT_TRUE(version.out.starts_with(std::string(build_version) + "\nthis program was made for "))
      << version.out;
  const Ended help = on("Conroe", "run --help");
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.out.find("Usage: crossover COMMAND"), std::string::npos) << help.out;
  EXPECT_NE(help.out.find("this program was made for "), std::string::npos) << help.out;
}

}  // namespace
}  // namespace crossover
