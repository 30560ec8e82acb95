/* Compiles one kernel body once for each variant. No include guard: each kernel includes it once.
 *
 *     #include "variant.h"
 *     #define BODY "pdq_body.h"
 *     #include "each_variant.h"
 *
 * In the body, every function is `static` and named NAME(something), which becomes something_avx2 and so on. Exactly
 * one of IS_BASELINE, IS_NEON, IS_AVX2 and IS_AVX512 is 1. The body must not include any header: a header's functions
 * would be compiled for the wrong processor. */
#include "variant.h"

#define SAFEHOLD_JOIN_(first, second) first##_##second
#define SAFEHOLD_JOIN(first, second) SAFEHOLD_JOIN_(first, second)
#define NAME(function) SAFEHOLD_JOIN(function, SUFFIX)

#define SUFFIX baseline
#define IS_BASELINE 1
#define IS_NEON 0
#define IS_AVX2 0
#define IS_AVX512 0
#include BODY
#undef SUFFIX
#undef IS_BASELINE
#define IS_BASELINE 0

#if SAFEHOLD_ARM
#undef IS_NEON
#define IS_NEON 1
#define SUFFIX neon
#include BODY
#undef SUFFIX
#undef IS_NEON
#define IS_NEON 0
#endif

#if SAFEHOLD_X86

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2,popcnt")
#endif
#undef IS_AVX2
#define IS_AVX2 1
#define SUFFIX avx2
#include BODY
#undef SUFFIX
#undef IS_AVX2
#define IS_AVX2 0
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#if defined(__clang__)
#pragma clang attribute push(                                                                                          \
    __attribute__((                                                                                                    \
        target("avx2,fma,bmi,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,avx512bitalg"))),    \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,avx512bitalg")
#endif
#undef IS_AVX512
#define IS_AVX512 1
#define SUFFIX avx512
#include BODY
#undef SUFFIX
#undef IS_AVX512
#define IS_AVX512 0
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif /* SAFEHOLD_X86 */

/* A table with an entry for each variant; those that are not compiled here are NULL. Used after the bodies. */
#if SAFEHOLD_X86
#define EACH_VARIANT(function)                                                                                         \
    { [VARIANT_BASELINE] = function##_baseline, [VARIANT_AVX2] = function##_avx2, [VARIANT_AVX512] = function##_avx512 }
#elif SAFEHOLD_ARM
#define EACH_VARIANT(function)                                                                                         \
    { [VARIANT_BASELINE] = function##_baseline, [VARIANT_NEON] = function##_neon }
#else
#define EACH_VARIANT(function)                                                                                         \
    { [VARIANT_BASELINE] = function##_baseline }
#endif
