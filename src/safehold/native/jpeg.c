#include "jpeg.h"

#include <string.h>

enum { TEMPORARY = 0x01, FIRST_RESTART = 0xD0, LAST_RESTART = 0xD7, START = 0xD8, END = 0xD9, SCAN = 0xDA, LINES = 0xDC };

static int is_marker(uint8_t code) {
    return code != 0x00 && code != 0xFF && !(code >= FIRST_RESTART && code <= LAST_RESTART);
}

static int has_length(uint8_t marker) { return marker != TEMPORARY && marker != START; }

/* An application's, a comment, or the number of lines: decoders pass over whatever these hold. */
static int is_passed_over(uint8_t marker) {
    return (marker >= 0xE0 && marker <= 0xEF) || marker == 0xFE || marker == LINES;
}

/* Nearly all bytes are a scan's, and nearly none of those is 0xFF: the C library's search passes over them. */
ptrdiff_t jpeg_end(const uint8_t *bytes, ptrdiff_t count, ptrdiff_t *late) {
    ptrdiff_t at = 2;
    int is_in_scan = 0;
    *late = 0;
    while (at + 1 < count) {
        const uint8_t *found = memchr(bytes + at, 0xFF, (size_t)(count - 1 - at));
        if (found == NULL) break;
        at = found - bytes + 1;
        uint8_t code = bytes[at];
        if (!is_marker(code)) continue; /* the code may be the 0xFF of the next marker */
        at++;
        if (code == END) return at;
        if (!has_length(code)) continue;
        is_in_scan |= code == SCAN;
        if (is_in_scan && *late == 0 && is_passed_over(code)) *late = at - 2;
        if (at + 1 >= count) break;
        at += bytes[at] << 8 | bytes[at + 1];
    }
    return -1;
}
