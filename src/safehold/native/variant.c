#include "variant.h"

static const char *const NAMES[VARIANTS] = {"baseline", "neon", "avx2", "avx512"};

static Variant in_use = VARIANTS; /* VARIANTS: not chosen yet */

const char *variant_name(Variant variant) { return NAMES[variant]; }

#if SAFEHOLD_X86
static int has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

static int has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bitalg");
}
#endif

int variant_runs(Variant variant) {
    switch (variant) {
    case VARIANT_BASELINE:
        return 1;
    case VARIANT_NEON:
        return SAFEHOLD_ARM;
#if SAFEHOLD_X86
    case VARIANT_AVX2:
        return has_avx2();
    case VARIANT_AVX512:
        return has_avx512();
#endif
    default:
        return 0;
    }
}

Variant variant_in_use(void) {
    if (in_use == VARIANTS) {
#if SAFEHOLD_X86
        __builtin_cpu_init();
#endif
        Variant best = VARIANT_BASELINE;
        for (int other = VARIANT_BASELINE + 1; other < VARIANTS; other++)
            if (variant_runs((Variant)other)) best = (Variant)other;
        in_use = best;
    }
    return in_use;
}

void variant_use(Variant variant) { in_use = variant; }
