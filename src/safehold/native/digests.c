#include "digests.h"

#include <string.h>

#include "variant.h"

Digests digests_begun(void) {
    return (Digests){
        .sha256 = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
        .sha1 = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0},
        .md5 = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476},
    };
}

/* A last block ends with the length in bits: for the SHAs with its first byte first, for MD5 with its last. */
void digests_end(Digests *own, const uint8_t *rest, size_t count, uint64_t total) {
    uint8_t padded[2 * DIGEST_BLOCK] = {0};
    size_t blocks = count + 9 <= DIGEST_BLOCK ? 1 : 2;
    uint8_t *length = padded + blocks * DIGEST_BLOCK - 8;
    if (count) memcpy(padded, rest, count);
    padded[count] = 0x80;
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(total * 8 >> 8 * i);
    Digests little = *own;
    digests_take(&little, NULL, padded, blocks);
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(total * 8 >> 8 * (7 - i));
    digests_take(own, NULL, padded, blocks);
    memcpy(own->md5, little.md5, sizeof own->md5);
}

void digests_write_sha(const uint32_t *words, size_t count, uint8_t *bytes) {
    for (size_t i = 0; i < 4 * count; i++) bytes[i] = (uint8_t)(words[i / 4] >> 8 * (3 - i % 4));
}

void digests_write_md5(const uint32_t words[4], uint8_t bytes[16]) {
    for (size_t i = 0; i < 16; i++) bytes[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
}

#if SAFEHOLD_X86

#include <cpuid.h>

#include "digests_rounds.h"

/* Asked once: under a hypervisor the question takes longer than digesting some kilobytes. */
static int has_sha(void) {
    static int known = -1;
    if (known < 0) {
        unsigned a, b, c, d;
        known = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
    }
    return known;
}

int digests_run(void) { return variant_in_use() >= VARIANT_AVX2 && has_sha(); }

WITH_SHA void digests_take(Digests *own, uint32_t whole[8], const uint8_t *blocks, size_t count) {
    if (whole)
        take(own, whole, blocks, count, 1);
    else
        take(own, own->sha256, blocks, count, 0);
}

WITH_SHA void digests_take_sha256(uint32_t sha256[8], const uint8_t *blocks, size_t count) {
    take_sha256(sha256, blocks, count);
}

#else

int digests_run(void) { return 0; }

void digests_take(Digests *own, uint32_t whole[8], const uint8_t *blocks, size_t count) {
    (void)own, (void)whole, (void)blocks, (void)count;
}

void digests_take_sha256(uint32_t sha256[8], const uint8_t *blocks, size_t count) {
    (void)sha256, (void)blocks, (void)count;
}

#endif
