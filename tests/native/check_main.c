/* Runs a check on generated cases: `pdq_check [CASES [SEED]]`. Under libFuzzer, which brings its own main, on its
 * bytes. */
#include "check.h"

#ifdef SAFEHOLD_LIBFUZZER
int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count, (void)arguments;
    check_prepare();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    check(bytes, count);
    return 0;
}
#else
int main(int count, char **arguments) {
    long cases = count > 1 ? atol(arguments[1]) : 200;
    uint32_t state = count > 2 ? (uint32_t)atol(arguments[2]) | 1 : 1;
    check_prepare();
    for (long i = 0; i < cases; i++) {
        uint8_t bytes[512];
        for (size_t at = 0; at < sizeof bytes; at++) bytes[at] = (uint8_t)(next_random(&state) >> 16);
        check(bytes, sizeof bytes);
    }
    printf("%ld cases agree\n", cases);
    return 0;
}
#endif
