/* Which processor a kernel is compiled for, and which of the compiled variants is in use.
 *
 * Every kernel's body is compiled several times (see each_variant.h); one variant is chosen when the extension is
 * loaded, by what the processor offers. All variants of a kernel return the same bits. */
#ifndef SAFEHOLD_VARIANT_H
#define SAFEHOLD_VARIANT_H

typedef enum {
    VARIANT_BASELINE, /* what every processor of the architecture can run */
    VARIANT_NEON,     /* 64-bit Arm, where it is always there */
    VARIANT_AVX2,     /* x86-64 with AVX2, FMA, BMI2 and POPCNT: since 2013 */
    VARIANT_AVX512,   /* x86-64 with AVX-512 F, BW, DQ, VL, VPOPCNTDQ and BITALG: since 2019 */
    VARIANTS,
} Variant;

/* Variants that each_variant.h compiles on this architecture with this compiler. */
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define SAFEHOLD_X86 1
#else
#define SAFEHOLD_X86 0
#endif
#if defined(__aarch64__) && defined(__ARM_NEON)
#define SAFEHOLD_ARM 1
#else
#define SAFEHOLD_ARM 0
#endif

/* The name that people read and choose by. */
const char *variant_name(Variant variant);

/* Whether this variant was compiled and this processor can run it. */
int variant_runs(Variant variant);

/* The variant in use; the last of those that run, unless another was chosen. */
Variant variant_in_use(void);

/* Choose a variant, which must be one that runs. */
void variant_use(Variant variant);

#endif
