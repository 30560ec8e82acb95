/* SHA-256, SHA-1 and MD5 of the same bytes at once. No Python here.
 *
 * Each of the three waits for its own last result most of the time, MD5 longest; side by side they take as long as MD5
 * alone. What is more, the SHA-256 of a whole file can go along while one of its members is digested: the words of a
 * block are prepared once for both.
 *
 * Source: FIPS 180-4 (SHA-256, SHA-1), RFC 1321 (MD5). */
#ifndef SAFEHOLD_DIGESTS_H
#define SAFEHOLD_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BLOCK = 64 };

/* Where the three stand between two blocks. */
typedef struct {
    uint32_t sha256[8], sha1[5], md5[4];
} Digests;

/* Whether this processor has the instructions for SHA, and the variant in use may use them. Else nothing below runs. */
int digests_run(void);

/* Where all three stand before the first block. */
Digests digests_begun(void);

/* Move past so many blocks of 64 bytes. `whole` is the SHA-256 of what the blocks are a part of, and moves as well. */
void digests_take(Digests *own, uint32_t whole[8], const uint8_t *blocks, size_t count);

/* Move one SHA-256 past so many blocks. */
void digests_take_sha256(uint32_t sha256[8], const uint8_t *blocks, size_t count);

/* Finish: pad the last `count` bytes, less than a block, of a message of `total` bytes. */
void digests_end(Digests *own, const uint8_t *rest, size_t count, uint64_t total);

/* Write a digest's words as bytes, most significant first (the SHAs) or last (MD5). */
void digests_write_sha(const uint32_t *words, size_t count, uint8_t *bytes);
void digests_write_md5(const uint32_t words[4], uint8_t bytes[16]);

#endif
