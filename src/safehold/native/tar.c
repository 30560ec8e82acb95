#include "tar.h"

#include <string.h>
#include <unistd.h>

enum { SIZE = 124, SIZE_DIGITS = 11, CHECKSUM = 148, CHECKSUM_LENGTH = 8, TYPE = 156, PREFIX = 345 };

/* Copy the block at a place, so that what was checked is what is used though the file change, and say whether there is
 * one. */
static int block_at(const TarSource *source, int64_t at, uint8_t block[TAR_BLOCK]) {
    if (at > source->size - TAR_BLOCK) return 0;
    if (source->bytes == NULL) return pread(source->descriptor, block, TAR_BLOCK, (off_t)at) == TAR_BLOCK;
    memcpy(block, source->bytes + at, TAR_BLOCK);
    return 1;
}

/* Return a number of exactly so many octal digits, or -1. */
static int64_t octal(const uint8_t *digits, int count) {
    int64_t number = 0;
    for (int i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '7') return -1;
        number = number * 8 + (digits[i] - '0');
    }
    return number;
}

/* Return the checksum as nearly every writer states it: octal digits, then a zero byte or "\0 " or " \0"; or -1. */
static int64_t stated_checksum(const uint8_t *field) {
    int count = 0;
    while (count < CHECKSUM_LENGTH && field[count] >= '0' && field[count] <= '7') count++;
    int is_ended = count < CHECKSUM_LENGTH && (field[count] == '\0' || (count == 6 && field[6] == ' ' && field[7] == '\0'));
    return count > 0 && is_ended ? octal(field, count) : -1;
}

static int64_t checksum(const uint8_t *block) {
    int64_t sum = CHECKSUM_LENGTH * ' ';
    for (int i = 0; i < TAR_BLOCK; i++) sum += block[i];
    for (int i = CHECKSUM; i < CHECKSUM + CHECKSUM_LENGTH; i++) sum -= block[i];
    return sum;
}

/* Return how long a name is that can be taken as it is, or 0. */
static ptrdiff_t plain_name(const uint8_t *name) {
    const uint8_t *end = memchr(name, '\0', TAR_NAME);
    ptrdiff_t length = end == NULL ? TAR_NAME : end - name;
    if (length == 0 || name[0] == '/' || name[0] == '\\' || name[length - 1] == '/') return 0;
    if (length > 1 && name[1] == ':') return 0;
    for (ptrdiff_t i = 0; i < length; i++)
        if (name[i] > 0x7F || (name[i] == '.' && i + 1 < length && name[i + 1] == '.')) return 0;
    return length;
}

int64_t tar_run(const TarSource *source, int64_t at, TarRun *run) {
    uint8_t block[TAR_BLOCK];
    run->count = run->names_length = 0;
    while (run->count < run->most && block_at(source, at, block)) {
        if (block[TYPE] != '0' || block[SIZE + SIZE_DIGITS] != '\0' || block[PREFIX] != '\0') break;
        int64_t size = octal(block + SIZE, SIZE_DIGITS), data = at + TAR_BLOCK;
        ptrdiff_t length = plain_name(block);
        if (size < 0 || size > source->size - data || length == 0) break;
        if (stated_checksum(block + CHECKSUM) != checksum(block)) break;
        memcpy(run->names + run->names_length, block, (size_t)length);
        run->names[run->names_length + length] = '\0';
        run->names_length += length + 1;
        run->places[run->count][0] = at;
        run->places[run->count++][1] = size;
        at = data + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
    return at;
}
