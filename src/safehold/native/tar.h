/* Runs of plain headers in a tar. No Python here. */
#ifndef SAFEHOLD_TAR_H
#define SAFEHOLD_TAR_H

#include <stddef.h>
#include <stdint.h>

enum { TAR_BLOCK = 512, TAR_NAME = 100 };

/* Where a tar is: in memory, or, if `bytes` is NULL, in an open file. */
typedef struct {
    const uint8_t *bytes;
    int descriptor;
    int64_t size; /* bytes, at most TAR_MOST */
} TarSource;

static const int64_t TAR_MOST = INT64_MAX / 2;

/* What a run is written to. Names end with a zero byte each; `names` has room for `most` times TAR_NAME + 1. */
typedef struct {
    int64_t (*places)[2]; /* of each entry: where its header begins, and how many bytes of content it has */
    ptrdiff_t most;
    ptrdiff_t count;
    uint8_t *names;
    ptrdiff_t names_length;
} TarRun;

/* Walk past as many headers of plain files as follow one another from `at` on, and return where the next one is.
 *
 * It stops before whatever has anything to weigh, which is then for safehold.datasets.sources.tars.header: another type
 * than '0', a prefix, a size that is not eleven octal digits and a zero byte, content beyond the end, a name that is not
 * ASCII or could lead outside, a checksum that is wrong or oddly written, a read that fails.
 * Source: POSIX.1-2017 `pax`, "ustar Interchange Format". */
int64_t tar_run(const TarSource *source, int64_t at, TarRun *run);

#endif
