/* Searching a segment of 256-bit values by Hamming distance, and building one. Plain C, without Python.
 *
 * The layout is that of safehold/matching/searching/tables.py, which also says how the search finds everything. */
#ifndef SAFEHOLD_SEARCH_H
#define SAFEHOLD_SEARCH_H

#include <stddef.h>
#include <stdint.h>

enum {
    SEARCH_WORDS = 16,        /* tables, and words of 16 bits in a value */
    SEARCH_KEYS = 1 << 16,    /* buckets in a table */
    SEARCH_HIGHEST = 47,      /* the highest threshold that tables are used for: two flips a word */
    SEARCH_MOST_QUERIES = 1 << 16,
    SEARCH_WIDEST = 1 << 16,  /* words in a bucket's row: those of some four billion entries */
};

/* A segment. Its numbers are not trusted: one that leads outside is found out before anything is read there. */
typedef struct {
    const uint64_t *values;       /* rows * 4, permuted */
    uint64_t rows;                /* below 2**32 */
    const uint32_t *starts;       /* NULL: no tables, all rows are compared. [16][65537]: where each bucket begins in `row_numbers` */
    const uint8_t *row_numbers;   /* [16][rows][row_bytes], least significant byte first */
    uint32_t row_bytes;           /* 3 or 4 */
    const uint16_t *next_words;   /* [16][65536][width]: the first entries of each bucket */
    uint32_t width;               /* 1..SEARCH_WIDEST */
    uint32_t largest;             /* how many entries the largest bucket has, or more */
    const uint8_t *is_spilled;    /* [16 * 65536 / 8] bits, lowest first: which buckets have more than `width` entries */
    const uint32_t *spill_starts; /* [16][65537]: where the others begin in `spill_words` */
    const uint16_t *spill_words;  /* spilled */
    uint64_t spilled;
} Segment;

typedef enum {
    SEARCH_DONE,
    SEARCH_TOO_MANY, /* more pairs than there is room for */
    SEARCH_DAMAGED,  /* the segment's numbers lead outside of it */
    SEARCH_NO_MEMORY,
} SearchState;

/* What is asked. */
typedef struct {
    const uint8_t *values; /* queries * 32, not permuted */
    uint32_t queries;      /* at most SEARCH_MOST_QUERIES */
    const uint8_t *order;  /* [256]: for each permuted bit the place that it comes from */
    uint32_t threshold;    /* 0..256, included */
    uint32_t linear_rows;  /* a segment of at most so many rows is compared whole; such a one needs no tables */
    uint32_t many_probes;  /* from so many probes of a table on they are ordered by key; 0: as measured */
} Question;

/* Where the pairs go: each is query << 41 | row << 9 | distance, in no order, each once. */
typedef struct {
    uint64_t *pair;
    size_t room;
    size_t pairs; /* how many there are, or as many as there was room for */
} Answer;

/* Set the bit of each bucket that has more than `width` entries, and clear the others; return what the largest has.
 * `starts` and `is_spilled` are those of a segment. */
uint32_t search_mark_spilled(const uint32_t *starts, uint32_t width, uint8_t *is_spilled);

SearchState search_segment(const Segment *segment, const Question *question, Answer *answer);

/* Put the bits of values in their order. */
void search_permute(const uint8_t *values, size_t rows, const uint8_t *order, uint8_t *permuted);

/* The tables of a segment to be filled: zeros before, sized as in Segment, with the two `starts` already counted. */
typedef struct {
    const uint16_t *words; /* rows * 16 */
    size_t rows;
    const uint32_t *starts;
    uint8_t *row_numbers;
    uint32_t row_bytes;
    uint16_t *next_words;
    uint32_t width;
    const uint32_t *spill_starts;
    uint16_t *spill_words;
    uint64_t spilled;
} Building;

SearchState search_fill(const Building *building);

#endif
