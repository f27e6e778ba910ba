// Whether this processor has the instruction set that the program was compiled for. C alone, without inline
// functions of a library: what compares is compiled for every processor (start_guard.cpp), and the linker may
// keep another unit's copy of such a function.
#pragma once

namespace crossover {

/// Words of `cpuid` (leaf, subleaf, register) on x86-64; on 64-bit Arm those of the auxiliary vector.
enum ProcessorWord : unsigned char {
  leaf1_ecx,
  leaf7_ebx,
  leaf7_ecx,
  leaf7_edx,
  leaf7_1_eax,
  leaf7_1_edx,
  extended_ecx,
  hwcap,
  hwcap2,
  processor_words
};

struct Processor {
  unsigned words[processor_words];
  unsigned saved;  ///< registers that the system saves: XCR0 on x86-64, 0 where it is not to be had
};

enum class Use : unsigned char {
  none,
  here,
  always
};  ///< in no code; in code of this build; in every build's

struct Feature {
  const char* name;  ///< as compilers and the kernel have it
  ProcessorWord word;
  unsigned char bit;
  unsigned saved;  ///< bits of Processor::saved that it needs
  Use use;
};

/// Every feature that a compiler may use by itself, with its use in this build. Ends with a name of 0.
extern const Feature build_level[];

/// As in "znver3 (-mno-mwaitx)"; see cpu/instruction_set.cmake.
extern const char build_made_for[];

/// "crossover 0.1.0 (commit 1a2b3c4, without CUDA)".
extern const char build_version[];

Processor this_processor();

/// Why a program of this level cannot run here and what to do, in `text`, cut where it is full; empty where
/// it can.
void explain_level(const Processor&, const Feature* level, char* text, unsigned long bytes);

}  // namespace crossover
