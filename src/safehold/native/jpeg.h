/* Where a JPEG ends. No Python here. */
#ifndef SAFEHOLD_JPEG_H
#define SAFEHOLD_JPEG_H

#include <stddef.h>
#include <stdint.h>

/* Return how many bytes a JPEG has, its end marker included, or -1 if there is none; set where the first application
 * segment or comment after the start of a scan is, its marker included, or 0 if there is none.
 *
 * The rules are those of safehold.media.appended: markers are looked for from the third byte on, over stuffed zeros,
 * restart markers and fill bytes; a marker with a length is stepped over; the first end marker met is the end.
 * Source: ITU-T T.81 (1992), B.1.1.2 to B.1.1.5. */
ptrdiff_t jpeg_end(const uint8_t *bytes, ptrdiff_t count, ptrdiff_t *late);

#endif
