/* The rounds of SHA-256, SHA-1 and MD5, four at a time and in turns, with the x86 instructions for SHA.
 *
 * Included by digests.c alone. How the instructions keep their state: Intel SHA Extensions (2013), where the eight words
 * of SHA-256 lie in two registers as ABEF and CDGH, and SHA-1's in one, and one word of its own. */
#include <immintrin.h>

#if defined(__clang__) || defined(__GNUC__)
#define WITH_SHA __attribute__((target("sha,avx2,bmi,bmi2")))
#define IN_TURNS static inline __attribute__((always_inline, target("sha,avx2,bmi,bmi2")))
#endif

static const uint32_t SHA256_CONSTANTS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t MD5_CONSTANTS[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

/* --- SHA-256 --- */

typedef struct {
    __m128i abef, cdgh;
} Sha256;

IN_TURNS Sha256 sha256_loaded(const uint32_t words[8]) {
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)words), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(words + 4)), 0x1B);
    return (Sha256){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xF0)};
}

IN_TURNS void sha256_store(Sha256 state, uint32_t words[8]) {
    __m128i feba = _mm_shuffle_epi32(state.abef, 0x1B), dchg = _mm_shuffle_epi32(state.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)words, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(words + 4), _mm_alignr_epi8(dchg, feba, 8));
}

IN_TURNS Sha256 sha256_sum(Sha256 one, Sha256 other) {
    return (Sha256){_mm_add_epi32(one.abef, other.abef), _mm_add_epi32(one.cdgh, other.cdgh)};
}

/* Four rounds, `words` being those of the block with the constants added. */
IN_TURNS Sha256 sha256_rounds(Sha256 state, __m128i words) {
    state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, words);
    state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, _mm_shuffle_epi32(words, 0x0E));
    return state;
}

/* Words 4 * step onwards, with the constants added; those of four steps later take their place. */
IN_TURNS __m128i sha256_words(__m128i words[4], int step) {
    __m128i *own = &words[step & 3], next = words[(step + 1) & 3], last = words[(step + 3) & 3];
    __m128i ready = _mm_add_epi32(*own, _mm_loadu_si128((const __m128i *)(SHA256_CONSTANTS + 4 * step)));
    __m128i seven_before = _mm_alignr_epi8(last, words[(step + 2) & 3], 4);
    if (step < 12) *own = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(*own, next), seven_before), last);
    return ready;
}

IN_TURNS void sha256_open(__m128i words[4], const uint8_t *block) {
    const __m128i turned = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    for (int i = 0; i < 4; i++)
        words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block + i), turned);
}

/* --- SHA-1 --- */

typedef struct {
    __m128i abcd, e; /* from the first step on, `e` is what `abcd` was four rounds ago */
} Sha1;

IN_TURNS Sha1 sha1_loaded(const uint32_t words[5]) {
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)words), 0x1B);
    return (Sha1){abcd, _mm_set_epi32((int)words[4], 0, 0, 0)};
}

IN_TURNS void sha1_store(Sha1 state, uint32_t words[5]) {
    _mm_storeu_si128((__m128i *)words, _mm_shuffle_epi32(state.abcd, 0x1B));
    words[4] = (uint32_t)_mm_extract_epi32(state.e, 3);
}

IN_TURNS Sha1 sha1_sum(Sha1 before, Sha1 after) {
    return (Sha1){_mm_add_epi32(before.abcd, after.abcd), _mm_sha1nexte_epu32(after.e, before.e)};
}

/* Four rounds with function `step / 5`, which the instruction wants as a constant. */
IN_TURNS __m128i sha1_four(__m128i abcd, __m128i words, int function) {
    switch (function) {
    case 0:
        return _mm_sha1rnds4_epu32(abcd, words, 0);
    case 1:
        return _mm_sha1rnds4_epu32(abcd, words, 1);
    case 2:
        return _mm_sha1rnds4_epu32(abcd, words, 2);
    default:
        return _mm_sha1rnds4_epu32(abcd, words, 3);
    }
}

IN_TURNS Sha1 sha1_rounds(Sha1 state, __m128i words[4], int step) {
    __m128i *own = &words[step & 3], next = words[(step + 1) & 3];
    __m128i ready = step ? _mm_sha1nexte_epu32(state.e, *own) : _mm_add_epi32(state.e, *own);
    __m128i mixed = _mm_xor_si128(_mm_sha1msg1_epu32(*own, next), words[(step + 2) & 3]);
    if (step < 16) *own = _mm_sha1msg2_epu32(mixed, words[(step + 3) & 3]);
    return (Sha1){sha1_four(state.abcd, ready, step / 5), state.abcd};
}

IN_TURNS void sha1_open(__m128i words[4], const uint8_t *block) {
    const __m128i turned = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    for (int i = 0; i < 4; i++)
        words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block + i), turned);
}

/* --- MD5 --- */

typedef struct {
    uint32_t a, b, c, d;
} Md5;

/* One round of RFC 1321: a = b + ((a + f(b, c, d) + word + constant) <<< shift), then the names move on.
 * The second function's halves are added one after the other, so that only one of them waits for b. */
IN_TURNS Md5 md5_round(Md5 s, const uint32_t words[16], int round) {
    static const uint8_t SHIFTS[16] = {7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21};
    static const uint8_t FACTORS[4] = {1, 5, 3, 7}, FIRSTS[4] = {0, 1, 5, 0};
    int part = round / 16, shift = SHIFTS[4 * part + round % 4];
    uint32_t sum = s.a + MD5_CONSTANTS[round] + words[(FACTORS[part] * round + FIRSTS[part]) % 16];
    if (part == 0) sum += s.d ^ (s.b & (s.c ^ s.d));
    if (part == 1) sum += s.c & ~s.d, sum += s.b & s.d;
    if (part == 2) sum += s.b ^ (s.c ^ s.d);
    if (part == 3) sum += s.c ^ (s.b | ~s.d);
    return (Md5){s.d, s.b + (sum << shift | sum >> (32 - shift)), s.b, s.c};
}

IN_TURNS Md5 md5_rounds(Md5 state, const uint32_t words[16], int step) {
    for (int round = 4 * step; round < 4 * step + 4; round++) state = md5_round(state, words, round);
    return state;
}

/* --- all of them --- */

IN_TURNS void take(Digests *own, uint32_t whole_words[8], const uint8_t *blocks, size_t count, const int has_whole) {
    Sha256 sha256 = sha256_loaded(own->sha256), whole = sha256_loaded(whole_words);
    Sha1 sha1 = sha1_loaded(own->sha1);
    Md5 md5 = {own->md5[0], own->md5[1], own->md5[2], own->md5[3]};
    for (; count; count--, blocks += DIGEST_BLOCK) {
        __m128i of_sha256[4], of_sha1[4];
        uint32_t of_md5[16];
        Sha256 sha256_before = sha256, whole_before = whole;
        Sha1 sha1_before = sha1;
        Md5 md5_before = md5;
        sha256_open(of_sha256, blocks);
        sha1_open(of_sha1, blocks);
        memcpy(of_md5, blocks, DIGEST_BLOCK); /* x86 is little-endian, as MD5 is */
#pragma GCC unroll 16
        for (int step = 0; step < 16; step++) {
            __m128i words = sha256_words(of_sha256, step);
            sha1 = sha1_rounds(sha1, of_sha1, step + step / 4);
            if (step % 4 == 3) sha1 = sha1_rounds(sha1, of_sha1, step + step / 4 + 1); /* it has twenty */
            md5 = md5_rounds(md5, of_md5, step);
            sha256 = sha256_rounds(sha256, words);
            if (has_whole) whole = sha256_rounds(whole, words);
        }
        sha256 = sha256_sum(sha256, sha256_before);
        if (has_whole) whole = sha256_sum(whole, whole_before);
        sha1 = sha1_sum(sha1_before, sha1);
        md5 = (Md5){md5.a + md5_before.a, md5.b + md5_before.b, md5.c + md5_before.c, md5.d + md5_before.d};
    }
    if (has_whole) sha256_store(whole, whole_words);
    sha256_store(sha256, own->sha256);
    sha1_store(sha1, own->sha1);
    memcpy(own->md5, &md5, sizeof md5);
}

IN_TURNS void take_sha256(uint32_t words[8], const uint8_t *blocks, size_t count) {
    Sha256 state = sha256_loaded(words);
    for (; count; count--, blocks += DIGEST_BLOCK) {
        __m128i of_block[4];
        Sha256 before = state;
        sha256_open(of_block, blocks);
#pragma GCC unroll 16
        for (int step = 0; step < 16; step++) state = sha256_rounds(state, sha256_words(of_block, step));
        state = sha256_sum(state, before);
    }
    sha256_store(state, words);
}
