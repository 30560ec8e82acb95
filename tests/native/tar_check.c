/* Runs of plain headers against reading each field one byte after the other. */
#include <string.h>
#include <unistd.h>

#include "../../src/safehold/native/tar.h"
#include "check.h"

enum { MOST = 7 };

static uint8_t *archive;
static int64_t size;
static int descriptor = -1;

void check_prepare(void) {
    char path[] = "/tmp/tar_check_XXXXXX";
    descriptor = mkstemp(path);
    if (descriptor < 0 || unlink(path) != 0) FAIL("no file to write to");
}

static int64_t digits_at(int64_t at, int count) {
    int64_t number = 0;
    for (int i = 0; i < count; i++) {
        int digit = archive[at + i] - '0';
        if (digit < 0 || digit > 7) return -1;
        number = number * 8 + digit;
    }
    return number;
}

static int is_name(int64_t at) {
    char name[TAR_NAME + 1] = {0};
    memcpy(name, archive + at, TAR_NAME);
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        if ((uint8_t)name[i] > 0x7F) return 0; /* plain char has no sign on Arm */
    return length && !strchr("/\\", name[0]) && name[length - 1] != '/' && name[1] != ':' && !strstr(name, "..");
}

/* Whether a header at a place is plain; sets where the next one is. */
static int is_plain(int64_t at, int64_t *next) {
    if (at + TAR_BLOCK > size) return 0;
    int64_t length = digits_at(at + 124, 11), sum = 0, stated = -1;
    for (int i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? ' ' : archive[at + i];
    for (int count = 1; count < 8; count++) {
        const uint8_t *after = archive + at + 148 + count;
        if (after[0] == 0 || (count == 6 && after[0] == ' ' && after[1] == 0)) {
            stated = digits_at(at + 148, count);
            break;
        }
    }
    if (archive[at + 156] != '0' || archive[at + 135] != 0 || archive[at + 345] != 0) return 0;
    if (length < 0 || at + TAR_BLOCK + length > size || !is_name(at) || stated != sum) return 0;
    *next = at + TAR_BLOCK + (length + 511) / 512 * 512;
    return 1;
}

static void compare(const TarSource *source) {
    int64_t(*places)[2] = malloc(sizeof(int64_t[MOST][2]));
    uint8_t *names = malloc(MOST * (TAR_NAME + 1)), *name = names;
    if (places == NULL || names == NULL) FAIL("no memory");
    TarRun run = {.places = places, .most = MOST, .names = names};
    int64_t next = tar_run(source, 0, &run), at = 0, after;
    for (ptrdiff_t i = 0; i < run.count; i++, at = after) {
        if (!is_plain(at, &after)) FAIL("a header that is not plain was taken");
        if (places[i][0] != at || places[i][1] != digits_at(at + 124, 11)) FAIL("a place differs");
        if (strncmp((char *)name, (char *)archive + at, TAR_NAME) != 0) FAIL("a name differs");
        name += strlen((char *)name) + 1;
    }
    if (next != at || name - names != run.names_length) FAIL("the end of the run differs");
    if (run.count < MOST && is_plain(at, &after)) FAIL("a plain header ended the run");
    free(places);
    free(names);
}

/* Build headers that are nearly plain, and alter some bytes of them, before their checksums are made or after. */
static void build(Case *given) {
    static const char *const NAMES[] = {"a.jpg", "b/c.txt", "d", "../e", "a..b", "/f", "g/", "h:i", "c:j", "\xC3\xA9"};
    size = 0;
    for (int members = (int)draw(given, 9); members > 0; members--) {
        uint8_t *block = archive + size;
        memset(block, 0, 2 * TAR_BLOCK);
        const char *name = NAMES[draw(given, 3) ? draw(given, 2) : draw(given, 9)];
        memcpy(block, name, strlen(name));
        int content = (int)draw(given, TAR_BLOCK);
        snprintf((char *)block + 124, 12, "%011o", (unsigned)content);
        block[156] = '0';
        static const int TELLING[] = {0, 124, 134, 135, 156, 345};
        if (draw(given, 7) == 0) block[TELLING[draw(given, 5)]] = (uint8_t)draw(given, 127);
        unsigned sum = 8 * ' ';
        for (int i = 0; i < TAR_BLOCK; i++) sum += block[i];
        static const char *const FORMS[] = {"%06o", "%06o ", "%07o", "%o", "%06o  "};
        char stated[12] = {0};
        snprintf(stated, sizeof stated, FORMS[draw(given, 7) % 5], sum);
        memcpy(block + 148, stated, 8);
        if (draw(given, 7) == 0) block[draw(given, TAR_BLOCK - 1)] ^= (uint8_t)(1 + draw(given, 254));
        size += TAR_BLOCK + (content + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
    if (size) size -= draw(given, 3) ? 0 : draw(given, (uint32_t)(size - 1));
}

void check(const uint8_t *bytes, size_t count) {
    Case given = {bytes, count};
    archive = calloc(1, 20 * 2 * TAR_BLOCK);
    if (archive == NULL) FAIL("no memory");
    build(&given);
    uint8_t *exact = malloc(size ? (size_t)size : 1); /* so that a read beyond the end is noticed */
    if (exact == NULL) FAIL("no memory");
    memcpy(exact, archive, (size_t)size);
    const TarSource in_memory = {.bytes = exact, .descriptor = -1, .size = size};
    compare(&in_memory);
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, exact, (size_t)size, 0) != size) FAIL("no room to write");
    const TarSource in_file = {.descriptor = descriptor, .size = size};
    compare(&in_file);
    free(exact);
    free(archive);
}
