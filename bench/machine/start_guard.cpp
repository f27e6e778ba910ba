// The first code that runs in every program of the project: a program that was compiled for another processor
// says so, instead of dying of an instruction that is not there; and the CPUs of the process are noted.
// Compiled for every processor, without sanitizers: nothing else has run yet. See processor.hpp.
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/machine/processor.hpp"
#include "bench/machine/start_cpus.hpp"

#if defined __x86_64__
#include <cpuid.h>
#elif defined __aarch64__
#include <sys/auxv.h>
#endif

namespace crossover {

Processor this_processor() {
  Processor processor = {};
#if defined __x86_64__
  unsigned* words = processor.words;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const unsigned leaves = __get_cpuid_max(0, nullptr);
  if (leaves >= 1) __cpuid(1, eax, ebx, words[leaf1_ecx], edx);
  if (words[leaf1_ecx] >> 27 & 1) {  // OSXSAVE: the system says which registers it saves
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    processor.saved = low;
  }
  if (leaves >= 7) {
    __cpuid_count(7, 0, eax, words[leaf7_ebx], words[leaf7_ecx], words[leaf7_edx]);
    if (eax >= 1) __cpuid_count(7, 1, words[leaf7_1_eax], ebx, ecx, words[leaf7_1_edx]);
  }
  if (static_cast<unsigned>(__get_cpuid_max(0x80000000, nullptr)) >= 0x80000001)
    __cpuid(0x80000001, eax, ebx, words[extended_ecx], edx);
#elif defined __aarch64__
  processor.words[hwcap] = static_cast<unsigned>(getauxval(AT_HWCAP));
  processor.words[hwcap2] = static_cast<unsigned>(getauxval(AT_HWCAP2));
#endif
  return processor;
}

namespace {

bool has(const Processor& processor, const Feature& feature) {
  return (processor.words[feature.word] >> feature.bit & 1) != 0 &&
         (processor.saved & feature.saved) == feature.saved;
}

/// Appends as much as fits, with the 0 behind it.
void append(char* text, unsigned long bytes, const char* more) {
  unsigned long at = strlen(text);
  while (*more != 0 && at + 1 < bytes) text[at++] = *more++;
  text[at] = 0;
}

bool given(int argc, char** argv, const char* flag) {
  for (int i = 1; i < argc; ++i)
    if (strcmp(argv[i], flag) == 0) return true;
  return false;
}

constexpr const char* short_help =
    "Measures whether a computation should run on the CPU or the GPU.\n"
    "Usage: crossover COMMAND [FLAG...]\n"
    "The commands and their flags: README.md, or --help on a processor that this program was made for.\n";

unsigned long start_cpus[8192 / 8 / sizeof(unsigned long)];  // a bit for each CPU; NR_CPUS of x86 at most
long start_cpus_bytes = 0;                                   // 0: not known

void note_cpus() {
  const long bytes = syscall(SYS_sched_getaffinity, 0, sizeof start_cpus, start_cpus);
  start_cpus_bytes = bytes > 0 ? bytes : 0;
}

/// Before the constructors of shared libraries, which come before those of the program.
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)() = note_cpus;

/// In every program, before what other files construct. glibc passes the arguments.
[[gnu::constructor(101)]] void check_processor(int argc, char** argv) {
  char text[2048] = "";
  explain_level(this_processor(), build_level, text, sizeof(text));
  if (text[0] == 0) return;
#ifndef __GLIBC__
  argc = 0;
#endif
  const bool version = given(argc, argv, "--version");
  const bool help = !version && (given(argc, argv, "--help") || given(argc, argv, "-h"));
  const bool harmless = version || help;
  char all[4096] = "";
  append(all, sizeof(all), version ? build_version : help ? short_help : "crossover: ");
  append(all, sizeof(all), version ? "\n" : "");
  append(all, sizeof(all), text);
  append(all, sizeof(all), "\n");
  if (write(harmless ? STDOUT_FILENO : STDERR_FILENO, all, strlen(all)) < 0) _exit(1);
  _exit(harmless ? 0 : 2);
}

}  // namespace

void give_back_cpus() {
  if (start_cpus_bytes > 0) syscall(SYS_sched_setaffinity, 0, start_cpus_bytes, start_cpus);
}

void explain_level(const Processor& processor, const Feature* level, char* text, unsigned long bytes) {
  bool none_runs = false;
  text[0] = 0;
  for (const Feature* feature = level; feature->name != nullptr; ++feature) {
    if (feature->use == Use::none || has(processor, *feature)) continue;
    none_runs = none_runs || feature->use == Use::always;
    if (text[0] != 0) {
      append(text, bytes, ", ");
    } else {
      append(text, bytes, "this program was made for ");
      append(text, bytes, build_made_for);
      append(text, bytes, ", but this processor, or the system on it, has no ");
    }
    append(text, bytes, feature->name);
  }
  if (text[0] == 0) return;
  append(text, bytes,
         none_runs ? ". No build runs here: every one needs x86-64-v2"
                   : ". Build it on this machine (bench/run does), or for every such machine "
                     "(cmake --preset portable)");
}

}  // namespace crossover
