/* The search for a JPEG's end against reading one byte after the other. */
#include <string.h>

#include "../../src/safehold/native/jpeg.h"
#include "check.h"

void check_prepare(void) {}

static ptrdiff_t end_plainly(const uint8_t *bytes, ptrdiff_t count, ptrdiff_t *late) {
    ptrdiff_t at = 2;
    int scans = 0;
    *late = 0;
    for (;;) {
        for (;; at++) {
            if (at + 1 >= count) return -1;
            uint8_t code = bytes[at + 1];
            int is_passed_over = code == 0 || code == 0xFF || (code & 0xF8) == 0xD0;
            if (bytes[at] == 0xFF && !is_passed_over) break;
        }
        uint8_t marker = bytes[at + 1];
        at += 2;
        if (marker == 0xD9) return at;
        if (marker == 0x01 || marker == 0xD8) continue;
        if (marker == 0xDA) scans++;
        if (scans && !*late && ((marker & 0xF0) == 0xE0 || marker == 0xFE || marker == 0xDC)) *late = at - 2;
        for (int i = 0, length = 0; i < 2 && at + i < count; i++) {
            length = length << 8 | bytes[at + i];
            if (i == 1 || at + 1 == count) {
                at += length;
                break;
            }
        }
    }
}

/* Bytes of which most matter: a case's own as they are, then what it makes of few values. */
void check(const uint8_t *bytes, size_t count) {
    static const uint8_t TELLING[8] = {0xFF, 0xFF, 0xD9, 0xDA, 0xD0, 0x00, 0x02, 0xE1};
    uint8_t *copied = malloc(count ? count : 1);
    if (copied == NULL) FAIL("no memory");
    for (int few = 0; few < 2; few++) {
        for (size_t i = 0; i < count; i++) copied[i] = few ? TELLING[bytes[i] % 8] : bytes[i];
        for (size_t length = count; length + 24 > count && length <= count; length--) {
            ptrdiff_t late, late_plainly;
            ptrdiff_t end = jpeg_end(copied, (ptrdiff_t)length, &late);
            if (end != end_plainly(copied, (ptrdiff_t)length, &late_plainly)) FAIL("the end differs");
            if (late != late_plainly) FAIL("the late segment differs");
        }
    }
    free(copied);
}
