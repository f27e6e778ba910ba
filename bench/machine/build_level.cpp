// Data alone: it is read before the processor is known to have what this file is compiled for.
#include "bench/machine/processor.hpp"

// Compilers predefine the macro of each feature that is on as 1; the name of one that is off stays what it
// is.
#define TEXT_OF(macro) #macro
#define VALUE_OF(macro) TEXT_OF(macro)
#define IF_ON(macro) (VALUE_OF(macro)[0] == '1' ? Use::here : Use::none)

namespace crossover {

constinit const char build_made_for[] = CROSSOVER_MADE_FOR;

#if defined __x86_64__

constexpr unsigned any = 0, ymm = 0x6, zmm = 0xe6, apx = 0x80000;  // bits of XCR0

constinit const Feature build_level[] = {
    // x86-64-v2: cpu/tile_kernels.cpp is compiled for it at least
    {"sse3", leaf1_ecx, 0, any, Use::always},
    {"ssse3", leaf1_ecx, 9, any, Use::always},
    {"cx16", leaf1_ecx, 13, any, Use::always},
    {"sse4.1", leaf1_ecx, 19, any, Use::always},
    {"sse4.2", leaf1_ecx, 20, any, Use::always},
    {"popcnt", leaf1_ecx, 23, any, Use::always},
    {"lahf", extended_ecx, 0, any, Use::always},
    {"pclmul", leaf1_ecx, 1, any, IF_ON(__PCLMUL__)},
    {"fma", leaf1_ecx, 12, ymm, IF_ON(__FMA__)},
    {"movbe", leaf1_ecx, 22, any, IF_ON(__MOVBE__)},
    {"aes", leaf1_ecx, 25, any, IF_ON(__AES__)},
    {"avx", leaf1_ecx, 28, ymm, IF_ON(__AVX__)},
    {"f16c", leaf1_ecx, 29, ymm, IF_ON(__F16C__)},
    {"lzcnt", extended_ecx, 5, any, IF_ON(__LZCNT__)},
    {"sse4a", extended_ecx, 6, any, IF_ON(__SSE4A__)},
    {"xop", extended_ecx, 11, ymm, IF_ON(__XOP__)},
    {"fma4", extended_ecx, 16, ymm, IF_ON(__FMA4__)},
    {"tbm", extended_ecx, 21, any, IF_ON(__TBM__)},
    {"bmi", leaf7_ebx, 3, any, IF_ON(__BMI__)},
    {"avx2", leaf7_ebx, 5, ymm, IF_ON(__AVX2__)},
    {"bmi2", leaf7_ebx, 8, any, IF_ON(__BMI2__)},
    {"avx512f", leaf7_ebx, 16, zmm, IF_ON(__AVX512F__)},
    {"avx512dq", leaf7_ebx, 17, zmm, IF_ON(__AVX512DQ__)},
    {"adx", leaf7_ebx, 19, any, IF_ON(__ADX__)},
    {"avx512ifma", leaf7_ebx, 21, zmm, IF_ON(__AVX512IFMA__)},
    {"avx512cd", leaf7_ebx, 28, zmm, IF_ON(__AVX512CD__)},
    {"sha", leaf7_ebx, 29, any, IF_ON(__SHA__)},
    {"avx512bw", leaf7_ebx, 30, zmm, IF_ON(__AVX512BW__)},
    {"avx512vl", leaf7_ebx, 31, zmm, IF_ON(__AVX512VL__)},
    {"avx512vbmi", leaf7_ecx, 1, zmm, IF_ON(__AVX512VBMI__)},
    {"avx512vbmi2", leaf7_ecx, 6, zmm, IF_ON(__AVX512VBMI2__)},
    {"gfni", leaf7_ecx, 8, any, IF_ON(__GFNI__)},
    {"vaes", leaf7_ecx, 9, ymm, IF_ON(__VAES__)},
    {"vpclmulqdq", leaf7_ecx, 10, ymm, IF_ON(__VPCLMULQDQ__)},
    {"avx512vnni", leaf7_ecx, 11, zmm, IF_ON(__AVX512VNNI__)},
    {"avx512bitalg", leaf7_ecx, 12, zmm, IF_ON(__AVX512BITALG__)},
    {"avx512vpopcntdq", leaf7_ecx, 14, zmm, IF_ON(__AVX512VPOPCNTDQ__)},
    {"avx512vp2intersect", leaf7_edx, 8, zmm, IF_ON(__AVX512VP2INTERSECT__)},
    {"avx512fp16", leaf7_edx, 23, zmm, IF_ON(__AVX512FP16__)},
    {"avxvnni", leaf7_1_eax, 4, ymm, IF_ON(__AVXVNNI__)},
    {"avx512bf16", leaf7_1_eax, 5, zmm, IF_ON(__AVX512BF16__)},
    {"cmpccxadd", leaf7_1_eax, 7, any, IF_ON(__CMPCCXADD__)},
    {"avxifma", leaf7_1_eax, 23, ymm, IF_ON(__AVXIFMA__)},
    {"avxvnniint8", leaf7_1_edx, 4, ymm, IF_ON(__AVXVNNIINT8__)},
    {"avxneconvert", leaf7_1_edx, 5, ymm, IF_ON(__AVXNECONVERT__)},
    {"avxvnniint16", leaf7_1_edx, 10, ymm, IF_ON(__AVXVNNIINT16__)},
    {"apxf", leaf7_1_edx, 21, apx, IF_ON(__APX_F__)},
    {},
};

#elif defined __aarch64__

constinit const Feature build_level[] = {
    {"crc32", hwcap, 7, 0, IF_ON(__ARM_FEATURE_CRC32)},
    {"atomics", hwcap, 8, 0, IF_ON(__ARM_FEATURE_ATOMICS)},
    {"asimdhp", hwcap, 10, 0, IF_ON(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)},
    {"asimdrdm", hwcap, 12, 0, IF_ON(__ARM_FEATURE_QRDMX)},
    {"jscvt", hwcap, 13, 0, IF_ON(__ARM_FEATURE_JCVT)},
    {"fcma", hwcap, 14, 0, IF_ON(__ARM_FEATURE_COMPLEX)},
    {"lrcpc", hwcap, 15, 0, IF_ON(__ARM_FEATURE_RCPC)},
    {"asimddp", hwcap, 20, 0, IF_ON(__ARM_FEATURE_DOTPROD)},
    {"sve", hwcap, 22, 0, IF_ON(__ARM_FEATURE_SVE)},
    {"sve2", hwcap2, 1, 0, IF_ON(__ARM_FEATURE_SVE2)},
    {"i8mm", hwcap2, 13, 0, IF_ON(__ARM_FEATURE_MATMUL_INT8)},
    {"bf16", hwcap2, 14, 0, IF_ON(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)},
    {},
};

#else

constinit const Feature build_level[] = {{}};  // nothing is known of this kind of processor

#endif

}  // namespace crossover
