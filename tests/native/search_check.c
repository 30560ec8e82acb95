/* The search against comparing every pair, in every variant that this processor has; and on segments whose numbers are
 * wrong, where it may say so or not, but must stay inside. */
#include <string.h>

#include "../../src/safehold/native/search.h"
#include "../../src/safehold/native/variant.h"
#include "check.h"

enum { MOST_ROWS = 600, MOST_QUERIES = 900, WIDEST = 38, STARTS = SEARCH_WORDS * (SEARCH_KEYS + 1) };

static const uint32_t WIDTHS[] = {4, 1, 19, WIDEST}; /* the last makes two masks of a row */

static uint8_t order[256], rows[MOST_ROWS * 32], queries[MOST_QUERIES * 32], is_spilled[SEARCH_WORDS * SEARCH_KEYS / 8];
static uint64_t permuted[MOST_ROWS * 4], asked[MOST_QUERIES * 4];
static uint32_t starts[STARTS], spill_starts[STARTS];
static uint8_t row_numbers[SEARCH_WORDS * MOST_ROWS * 4];
static uint16_t all_next_words[(size_t)SEARCH_WORDS * SEARCH_KEYS * WIDEST], spill_words[SEARCH_WORDS * MOST_ROWS];
static uint64_t expected[MOST_ROWS * MOST_QUERIES], found[MOST_ROWS * MOST_QUERIES];

void check_prepare(void) {
    for (int place = 0; place < 256; place++) order[place] = (uint8_t)(place * 77 + 5);
}

/* Values that are random, or like an earlier one but for some bits, or have whole words of zeros or ones. */
static void make_values(uint8_t *values, uint32_t count, const uint8_t *like, uint32_t likes, uint32_t *state) {
    for (uint32_t row = 0; row < count; row++) {
        uint8_t *const value = values + 32 * row;
        for (int byte = 0; byte < 32; byte++) value[byte] = (uint8_t)(next_random(state) >> 9);
        const uint32_t kind = next_random(state) % 4;
        if (kind == 0) memset(value, next_random(state) % 2 ? 0 : 255, next_random(state) % 33);
        if (kind < 2 || likes == 0) continue;
        memmove(value, like + 32 * (next_random(state) % likes), 32);
        for (uint32_t flips = next_random(state) % 60; flips > 0; flips--)
            value[next_random(state) % 32] ^= (uint8_t)(1u << next_random(state) % 8);
    }
}

/* Where rows of a width begin, so that the last ends with the array: what is read beyond is found out. */
static uint16_t *next_words_of(uint32_t width) {
    return all_next_words + (size_t)SEARCH_WORDS * SEARCH_KEYS * (WIDEST - width);
}

/* Zero what building has filled: all of it would take longer than everything else. */
static void clear(uint32_t count, uint32_t width) {
    const uint16_t *const words = (const uint16_t *)permuted;
    for (uint32_t row = 0; row < count; row++)
        for (size_t table = 0; table < SEARCH_WORDS; table++)
            memset(next_words_of(width) + (table * SEARCH_KEYS + words[16 * row + table]) * width, 0, 2 * width);
}

static Segment build(uint32_t count, uint32_t row_bytes, uint32_t width) {
    const uint16_t *const words = (const uint16_t *)permuted;
    uint16_t *const next_words = next_words_of(width);
    uint32_t spilled = 0, largest = 0;
    memset(starts, 0, sizeof starts);
    memset(is_spilled, 0, sizeof is_spilled);
    for (uint32_t table = 0; table < SEARCH_WORDS; table++) {
        uint32_t *const start = starts + table * (SEARCH_KEYS + 1);
        for (uint32_t row = 0; row < count; row++) start[words[16 * row + table] + 1]++;
        for (uint32_t key = 0; key < SEARCH_KEYS; key++) {
            const uint32_t all = start[key + 1], bucket = table * SEARCH_KEYS + key;
            spill_starts[table * (SEARCH_KEYS + 1) + key] = spilled;
            if (all > width) is_spilled[bucket / 8] |= (uint8_t)(1u << bucket % 8);
            if (all > width) spilled += all - width;
            if (all > largest) largest = all;
            start[key + 1] += start[key];
        }
        spill_starts[table * (SEARCH_KEYS + 1) + SEARCH_KEYS] = spilled;
    }
    const Building building = {words, count, starts, row_numbers, row_bytes, next_words, width, spill_starts, spill_words,
                               spilled};
    static uint8_t marked[sizeof is_spilled];
    if (search_mark_spilled(starts, width, marked) != largest || memcmp(marked, is_spilled, sizeof marked) != 0)
        FAIL("which buckets are spilled differs");
    if (search_fill(&building) != SEARCH_DONE) FAIL("a segment of %u rows can't be built", count);
    const Segment segment = {permuted,   count, starts,  row_numbers, row_bytes,    next_words,
                             width,      largest, is_spilled, spill_starts, spill_words, spilled};
    return segment;
}

static uint32_t distance(const uint8_t *left, const uint8_t *right) {
    uint32_t bits = 0;
    for (int byte = 0; byte < 32; byte++) bits += (uint32_t)__builtin_popcount(left[byte] ^ right[byte]);
    return bits;
}

static size_t compare_all(uint32_t count, uint32_t asking, uint32_t threshold) {
    size_t pairs = 0;
    for (uint64_t query = 0; query < asking; query++)
        for (uint64_t row = 0; row < count; row++) {
            const uint32_t bits = distance(queries + 32 * query, rows + 32 * row);
            if (bits <= threshold) expected[pairs++] = query << 41 | row << 9 | bits;
        }
    return pairs;
}

static int by_number(const void *left, const void *right) {
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void check_variants(const Segment *segment, const Question *question, size_t pairs) {
    for (int variant = 0; variant < VARIANTS; variant++) {
        if (!variant_runs((Variant)variant)) continue;
        variant_use((Variant)variant);
        Answer answer = {found, pairs, 0};
        if (search_segment(segment, question, &answer) != SEARCH_DONE)
            FAIL("%s does not end at threshold %u", variant_name((Variant)variant), question->threshold);
        qsort(found, answer.pairs, sizeof *found, by_number);
        if (answer.pairs != pairs || memcmp(found, expected, pairs * sizeof *found) != 0)
            FAIL("%s finds %zu pairs of %zu at threshold %u", variant_name((Variant)variant), answer.pairs, pairs,
                 question->threshold);
        if (pairs == 0) continue;
        answer.room = pairs - 1;
        if (search_segment(segment, question, &answer) != SEARCH_TOO_MANY) FAIL("too little room is not noticed");
    }
}

/* Put wrong numbers into a segment: nothing outside of its arrays may be read, whatever the answer. */
static void check_damaged(const Segment *segment, const Question *question, uint32_t *state) {
    for (int change = 0; change < 400; change++) {
        starts[next_random(state) % STARTS] = next_random(state);
        spill_starts[next_random(state) % STARTS] = next_random(state) % 2 ? UINT32_MAX : next_random(state) % 1000;
        row_numbers[next_random(state) % sizeof row_numbers] = (uint8_t)next_random(state);
        is_spilled[next_random(state) % sizeof is_spilled] ^= (uint8_t)next_random(state);
    }
    for (int variant = 0; variant < VARIANTS; variant++) {
        if (!variant_runs((Variant)variant)) continue;
        variant_use((Variant)variant);
        Answer answer = {found, sizeof found / sizeof *found, 0};
        search_segment(segment, question, &answer);
    }
}

void check(const uint8_t *bytes, size_t size) {
    Case given = {bytes, size};
    uint32_t state = draw(&given, UINT32_MAX) | 1;
    const uint32_t count = draw(&given, MOST_ROWS), asking = draw(&given, draw(&given, 3) ? 60 : MOST_QUERIES);
    make_values(rows, count, rows, count / 2, &state);
    make_values(queries, asking, rows, count, &state);
    search_permute(rows, count, order, (uint8_t *)permuted);
    search_permute(queries, asking, order, (uint8_t *)asked);
    if (count > 0 && asking > 0 &&
        distance(rows, queries) != distance((uint8_t *)permuted, (uint8_t *)asked))
        FAIL("the order changes a distance");
    const uint32_t width = WIDTHS[draw(&given, sizeof WIDTHS / sizeof WIDTHS[0] - 1)];
    const Segment segment = build(count, 3 + draw(&given, 1), width);
    const Question question = {queries, asking, order, draw(&given, 70), draw(&given, 1) * MOST_ROWS, draw(&given, 1)};
    check_variants(&segment, &question, compare_all(count, asking, question.threshold));
    const Question indexed = {queries, asking, order, draw(&given, 47), 0, draw(&given, 1)};
    check_variants(&segment, &indexed, compare_all(count, asking, indexed.threshold));
    check_damaged(&segment, &indexed, &state);
    clear(count, width);
}
