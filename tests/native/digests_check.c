/* The digests against the plainest reading of the standards, and a file's against one that nothing went along with. */
#include <string.h>

#include "../../src/safehold/native/digests.h"
#include "check.h"

static uint32_t left(uint32_t word, int by) { return word << by | word >> (32 - by); }

/* The first 32 bits behind the point of the roots and sines that the standards take their constants from. */
static uint32_t sha256_constants[64], md5_constants[64];

static double root(double of, int degree) {
    double low = 0, high = of;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2, power = degree == 3 ? middle * middle * middle : middle * middle;
        *(power < of ? &low : &high) = middle;
    }
    return low;
}

static double sine(double of) {
    double term = of, sum = of;
    for (int i = 1; i < 200; i++) sum += term *= -of * of / ((2 * i) * (2 * i + 1));
    return sum;
}

void check_prepare(void) {
    int prime = 2;
    for (int i = 0; i < 64; prime++) {
        int is_prime = 1;
        for (int by = 2; by < prime; by++) is_prime &= prime % by != 0;
        if (!is_prime) continue;
        double own = root(prime, 3);
        sha256_constants[i] = (uint32_t)((own - (int)own) * 4294967296.0);
        i++;
    }
    for (int i = 0; i < 64; i++) {
        double turned = i + 1;
        while (turned > 3.14159265358979323846) turned -= 6.28318530717958647693;
        double own = sine(turned);
        md5_constants[i] = (uint32_t)((own < 0 ? -own : own) * 4294967296.0);
    }
}

static uint32_t big(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void sha256_plainly(uint32_t state[8], const uint8_t *block) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++) w[i] = big(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (left(a, 25) ^ left(a, 14) ^ a >> 3) + (left(b, 15) ^ left(b, 13) ^ b >> 10);
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = left(s[4], 26) ^ left(s[4], 21) ^ left(s[4], 7), a = left(s[0], 30) ^ left(s[0], 19) ^ left(s[0], 10);
        uint32_t one = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha256_constants[i] + w[i];
        uint32_t two = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void sha1_plainly(uint32_t state[5], const uint8_t *block) {
    static const uint32_t CONSTANTS[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80], s[5];
    for (int i = 0; i < 80; i++)
        w[i] = i < 16 ? big(block + 4 * i) : left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 80; i++) {
        uint32_t parity = s[1] ^ s[2] ^ s[3], choice = (s[1] & s[2]) | (~s[1] & s[3]);
        uint32_t majority = (s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3]);
        uint32_t mixed = i < 20 ? choice : i / 20 == 2 ? majority : parity;
        uint32_t next = left(s[0], 5) + mixed + s[4] + CONSTANTS[i / 20] + w[i];
        memmove(s + 1, s, 4 * sizeof *s);
        s[2] = left(s[2], 30);
        s[0] = next;
    }
    for (int i = 0; i < 5; i++) state[i] += s[i];
}

static void md5_plainly(uint32_t state[4], const uint8_t *block) {
    static const int SHIFTS[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (int i = 0; i < 64; i++) {
        uint32_t mixed[4] = {(b & c) | (~b & d), (b & d) | (c & ~d), b ^ c ^ d, c ^ (b | ~d)};
        const uint8_t *w = block + 4 * ((int[4]){i, 5 * i + 1, 3 * i + 5, 7 * i}[i / 16] % 16);
        uint32_t word = (uint32_t)w[3] << 24 | (uint32_t)w[2] << 16 | (uint32_t)w[1] << 8 | w[0];
        uint32_t next = b + left(a + mixed[i / 16] + word + md5_constants[i], SHIFTS[i / 16][i % 4]);
        a = d, d = c, c = b, b = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

static Digests digests_plainly(const uint8_t *bytes, size_t count) {
    Digests made = digests_begun();
    size_t blocks = (count + 8) / DIGEST_BLOCK + 1;
    uint8_t *padded = calloc(blocks, DIGEST_BLOCK);
    if (padded == NULL) FAIL("no memory");
    if (count) memcpy(padded, bytes, count);
    padded[count] = 0x80;
    for (int is_md5 = 0; is_md5 < 2; is_md5++) {
        for (int i = 0; i < 8; i++)
            padded[blocks * DIGEST_BLOCK - 8 + i] = (uint8_t)((uint64_t)count * 8 >> 8 * (is_md5 ? i : 7 - i));
        for (size_t at = 0; at < blocks * DIGEST_BLOCK; at += DIGEST_BLOCK) {
            if (is_md5) md5_plainly(made.md5, padded + at);
            if (!is_md5) sha1_plainly(made.sha1, padded + at);
            if (!is_md5) sha256_plainly(made.sha256, padded + at);
        }
    }
    free(padded);
    return made;
}

static size_t whole_blocks(size_t count) { return count / DIGEST_BLOCK; }

/* A file of three parts: blocks that go by alone, a member that it goes along with, and a rest. */
void check(const uint8_t *bytes, size_t count) {
    Case given = {bytes, count};
    size_t first = DIGEST_BLOCK * draw(&given, (uint32_t)whole_blocks(count)), left_over = count - first;
    size_t length = draw(&given, (uint32_t)left_over), taken = whole_blocks(length);
    if (!digests_run()) return;
    Digests member = digests_begun(), whole = digests_begun();
    digests_take_sha256(whole.sha256, bytes, whole_blocks(first));
    digests_take(&member, whole.sha256, bytes + first, taken);
    digests_end(&member, bytes + first + taken * DIGEST_BLOCK, length % DIGEST_BLOCK, length);
    const uint8_t *rest = bytes + first + taken * DIGEST_BLOCK;
    size_t resting = left_over - taken * DIGEST_BLOCK;
    digests_take_sha256(whole.sha256, rest, whole_blocks(resting));
    digests_end(&whole, rest + whole_blocks(resting) * DIGEST_BLOCK, resting % DIGEST_BLOCK, count);
    Digests alone = digests_plainly(bytes + first, length), all = digests_plainly(bytes, count);
    if (memcmp(&member, &alone, sizeof alone) != 0) FAIL("the digests of a member differ");
    if (memcmp(whole.sha256, all.sha256, sizeof all.sha256) != 0) FAIL("the digest of the file differs");
}
