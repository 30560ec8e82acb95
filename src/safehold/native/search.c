/* Searching a segment of 256-bit values by Hamming distance: what is the same in all variants. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"
#include "variant.h"
#if SAFEHOLD_X86
#include <immintrin.h>
#endif
#if SAFEHOLD_ARM
#include <arm_neon.h>
#endif

enum {
    WORDS = SEARCH_WORDS,
    KEYS = SEARCH_KEYS,
    MOST_FLIPS = 1 + 16 + 120,  /* keys within two bits of a key */
    SCAN_WORDS = 1024,          /* words looked at between two checks of the room for candidates */
    CANDIDATES = 2 * SCAN_WORDS,
    MASK_WORDS = 32,            /* words that one mask has a bit for */
    MASKS = SEARCH_WIDEST / MASK_WORDS,
    PENDING = 512,              /* probes whose masks are kept until candidates are made of them */
    SETTLED_AT_ONCE = 256,      /* candidates whose rows are fetched together */
    AHEAD = 12,                 /* probes whose buckets are being fetched while one is looked at */
    KEYS_AHEAD = 6,             /* the same, where they are in the order of their keys */
    MOST_FETCHED = 512,         /* words of a bucket that are fetched ahead */
    LINEAR_ROWS = 512,          /* 16 KiB: they stay in the nearest cache for all queries */
    BLOCK_PROBES = 1 << 19,     /* probes of one table that are ordered at once */
    MARKED = 64,                /* buckets whose sizes are compared at once */
};

typedef struct {
    uint32_t bucket; /* table * KEYS + key */
    uint32_t slot;   /* of the first word that is looked at */
    uint32_t query;
    uint16_t next;    /* the word that follows the query's */
    uint16_t allowed; /* in how many bits an entry's may differ from it */
} Probe;

typedef struct {
    uint32_t bucket;
    uint32_t slot;
    uint32_t query;
} Candidate;

#define NOWHERE SIZE_MAX

/* One block of queries. */
typedef struct {
    const Segment *segment;
    uint32_t threshold;
    uint32_t linear_rows;
    uint32_t queries;
    uint32_t first_query;    /* the number of the block's first */
    uint64_t *asked;         /* queries * 4, permuted */
    uint8_t *is_linear;      /* the queries that the tables would cost more for */
    uint32_t linear_queries; /* how many they are */
    uint32_t flips;          /* keys probed in each table */
    uint16_t flip[MOST_FLIPS];
    uint8_t flipped[MOST_FLIPS]; /* how many bits each of them changes */
    uint32_t *probe;             /* query * MOST_FLIPS + flip, ordered by key; NULL where queries are few */
    uint32_t *probe_ends;        /* [KEYS + 1] */
    uint32_t bucket[WORDS * MOST_FLIPS]; /* those that one query probes */
    Probe pending[PENDING];              /* probes that were looked at: their masks are there, their candidates not yet */
    uint32_t pendings, most_pending;
    uint32_t masks_each; /* how many masks the row of a bucket has */
    uint32_t mask[MASKS];
    uint16_t marked[MASKS + 1];      /* the masks that have a bit; one more place, which is written to in any case */
    uint16_t spilled[PENDING + 1];   /* those of `pending` whose buckets have a spill; as well */
    uint32_t spills;
    Candidate candidate[CANDIDATES];
    size_t candidates;
    Answer *answer;
} Search;

static inline uint32_t bits_in(uint32_t word) { return (uint32_t)__builtin_popcount(word); }

static inline Candidate candidate_of(Probe probe, uint32_t place) {
    const Candidate candidate = {.bucket = probe.bucket, .slot = probe.slot + place, .query = probe.query};
    return candidate;
}

static inline uint32_t row_at(const Segment *segment, size_t place) {
    const uint8_t *const at = segment->row_numbers + place;
    const uint32_t low = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
    return segment->row_bytes == 3 ? low : low | (uint32_t)at[3] << 24;
}

static inline const uint16_t *bucket_at(const Segment *segment, uint32_t bucket) {
    return segment->next_words + (size_t)bucket * segment->width;
}

static inline void fetch_start(const Segment *segment, uint32_t bucket) {
    __builtin_prefetch(segment->starts + bucket / KEYS + bucket);
}

static inline void fetch_bucket(const Segment *segment, uint32_t bucket) {
    const uint16_t *const words = bucket_at(segment, bucket);
    for (uint32_t first = 0; first < segment->width && first < MOST_FETCHED; first += 32)
        __builtin_prefetch(words + first);
}

static inline Probe probe_of(const Search *search, uint32_t query, uint32_t table, uint32_t flip) {
    const uint16_t *const asked = (const uint16_t *)(search->asked + 4 * (size_t)query);
    const Probe probe = {
        .bucket = table * KEYS + (asked[table] ^ (uint32_t)search->flip[flip]),
        .slot = 0,
        .query = query,
        .next = asked[(table + 1) % WORDS],
        .allowed = (uint16_t)(2 * search->threshold / WORDS - search->flipped[flip]),
    };
    return probe;
}

/* Add a pair to the answer; 0 if there is no room. */
static inline int give(Search *search, uint32_t query, uint64_t row, uint32_t distance) {
    Answer *const answer = search->answer;
    if (answer->pairs == answer->room) return 0;
    answer->pair[answer->pairs++] = (uint64_t)(search->first_query + query) << 41 | row << 9 | distance;
    return 1;
}

/* Whether an earlier table finds the same pair, so that it is given once. */
static inline int is_given_before(const Search *search, const uint64_t *asked, const uint64_t *value, uint32_t table) {
    const uint16_t *left = (const uint16_t *)asked, *right = (const uint16_t *)value;
    const uint32_t first = search->threshold / WORDS, both = 2 * search->threshold / WORDS;
    uint32_t here = bits_in((uint32_t)(left[0] ^ right[0]));
    for (uint32_t earlier = 0; earlier < table; earlier++) {
        const uint32_t next = bits_in((uint32_t)(left[earlier + 1] ^ right[earlier + 1]));
        if (here <= first && here + next <= both) return 1;
        here = next;
    }
    return 0;
}

/* Order the probes of one table by their keys. */
static void order_probes(Search *search, uint32_t table) {
    uint32_t *const ends = search->probe_ends;
    memset(ends, 0, (KEYS + 1) * sizeof *ends);
    for (uint32_t query = 0; query < search->queries; query++) {
        if (search->is_linear[query]) continue;
        const uint32_t key = ((const uint16_t *)(search->asked + 4 * (size_t)query))[table];
        for (uint32_t flip = 0; flip < search->flips; flip++) ends[(key ^ search->flip[flip]) + 1]++;
    }
    for (uint32_t key = 0; key < KEYS; key++) ends[key + 1] += ends[key];
    for (uint32_t query = 0; query < search->queries; query++) {
        if (search->is_linear[query]) continue;
        const uint32_t key = ((const uint16_t *)(search->asked + 4 * (size_t)query))[table];
        for (uint32_t flip = 0; flip < search->flips; flip++)
            search->probe[ends[key ^ search->flip[flip]]++] = query * MOST_FLIPS + flip;
    }
}

#define BODY "search_body.h"
#include "each_variant.h"

typedef SearchState (*Run)(Search *search);
static const Run RUN[VARIANTS] = EACH_VARIANT(run);

/* List what is probed: the key itself, then those one bit away, then those two bits away. */
static void choose_flips(Search *search) {
    search->flips = 0;
    if (search->threshold > SEARCH_HIGHEST || search->segment->starts == NULL) return;
    search->flip[search->flips] = 0;
    search->flipped[search->flips++] = 0;
    for (uint32_t bit = 0; bit < 16 && search->threshold >= WORDS; bit++) {
        search->flip[search->flips] = (uint16_t)(1u << bit);
        search->flipped[search->flips++] = 1;
    }
    for (uint32_t bit = 0; bit < 16 && search->threshold >= 2 * WORDS; bit++)
        for (uint32_t other = bit + 1; other < 16; other++) {
            search->flip[search->flips] = (uint16_t)(1u << bit | 1u << other);
            search->flipped[search->flips++] = 2;
        }
}

/* Return how many entries a query's buckets hold, or something above `most`. */
static uint64_t entries_near(const Search *search, uint32_t query, uint64_t most) {
    uint64_t entries = 0;
    for (uint32_t table = 0; table < WORDS && entries <= most; table++)
        for (uint32_t flip = 0; flip < search->flips; flip++) {
            const uint32_t bucket = probe_of(search, query, table, flip).bucket;
            const uint32_t *const start = search->segment->starts + table + bucket;
            entries += (uint32_t)(start[1] - start[0]);
        }
    return entries;
}

/* Find the queries whose buckets hold more entries than there are rows: comparing all rows costs less then. Where
 * entries are spread, no query comes near that; lists of one value changed a little, or made to fill a bucket, do. */
static void choose_linear(Search *search) {
    const Segment *const segment = search->segment;
    const int are_all = search->flips == 0 || segment->rows <= search->linear_rows;
    const int may_be = (uint64_t)WORDS * search->flips * segment->largest > segment->rows;
    search->linear_queries = 0;
    for (uint32_t query = 0; query < search->queries; query++) {
        search->is_linear[query] = are_all || (may_be && entries_near(search, query, segment->rows) > segment->rows);
        search->linear_queries += search->is_linear[query];
    }
}

static SearchState search_block(Search *search, const Question *question) {
    search_permute(question->values + 32 * (size_t)search->first_query, search->queries, question->order,
                   (uint8_t *)search->asked);
    choose_linear(search);
    return RUN[variant_in_use()](search);
}

static SearchState search_blocks(Search *search, const Question *question, uint32_t block) {
    for (uint32_t first = 0; first < question->queries; first += block) {
        const uint32_t left = question->queries - first;
        search->first_query = first;
        search->queries = left < block ? left : block;
        const SearchState state = search_block(search, question);
        if (state != SEARCH_DONE) return state;
    }
    return SEARCH_DONE;
}

/* Return from how many probes of a table on it is worth while to order them. Measured: that costs some 5 ms for any
 * number of queries, and saves the more of each the less of the tables is in the caches anyway. */
static uint32_t many_probes(const Segment *segment) {
    if (segment->rows < 1u << 17) return 4 * KEYS;
    return segment->rows < 1u << 18 ? KEYS : segment->rows < 1u << 22 ? KEYS / 2 : KEYS / 4;
}

/* Lay down what a search of this segment begins with. */
static void prepare(Search *search, const Segment *segment, const Question *question, Answer *answer) {
    search->segment = segment;
    search->threshold = question->threshold;
    search->linear_rows = question->linear_rows;
    search->answer = answer;
    search->candidates = search->pendings = search->spills = 0;
    search->masks_each = segment->starts == NULL ? 1 : (segment->width + MASK_WORDS - 1) / MASK_WORDS;
    search->most_pending = MASKS / search->masks_each < PENDING ? MASKS / search->masks_each : PENDING;
    choose_flips(search);
}

uint32_t search_mark_spilled(const uint32_t *starts, uint32_t width, uint8_t *is_spilled) {
    static uint32_t (*const MARK[VARIANTS])(const uint32_t *, uint32_t, uint8_t *) = EACH_VARIANT(mark_spilled);
    return MARK[variant_in_use()](starts, width, is_spilled);
}

SearchState search_segment(const Segment *segment, const Question *question, Answer *answer) {
    answer->pairs = 0;
    if (question->queries == 0 || segment->rows == 0) return SEARCH_DONE;
    Search *const search = malloc(sizeof *search);
    if (search == NULL) return SEARCH_NO_MEMORY;
    prepare(search, segment, question, answer);
    const uint32_t most = search->flips ? BLOCK_PROBES / search->flips : SEARCH_MOST_QUERIES;
    const uint32_t block = question->queries < most ? question->queries : most;
    const uint64_t many = question->many_probes ? question->many_probes : many_probes(segment);
    const int is_many = search->flips > 0 && (uint64_t)question->queries * search->flips >= many;
    search->asked = malloc((size_t)block * 32);
    search->is_linear = malloc(block);
    search->probe = is_many ? malloc((size_t)block * search->flips * sizeof *search->probe) : NULL;
    search->probe_ends = is_many ? malloc((KEYS + 1) * sizeof *search->probe_ends) : NULL;
    SearchState state = SEARCH_NO_MEMORY;
    if (search->asked && search->is_linear && (!is_many || (search->probe && search->probe_ends)))
        state = search_blocks(search, question, block);
    free(search->probe_ends);
    free(search->probe);
    free(search->is_linear);
    free(search->asked);
    free(search);
    return state;
}

void search_permute(const uint8_t *values, size_t rows, const uint8_t *order, uint8_t *permuted) {
    for (size_t row = 0; row < rows; row++, values += 32, permuted += 32)
        for (size_t byte = 0; byte < 32; byte++) {
            uint32_t bits = 0;
            for (size_t bit = 0; bit < 8; bit++) {
                const uint32_t from = order[8 * byte + bit];
                bits = bits << 1 | (values[from >> 3] >> (7 - (from & 7)) & 1u);
            }
            permuted[byte] = (uint8_t)bits;
        }
}

static SearchState fill_table(const Building *building, size_t table, uint32_t *filled) {
    const uint32_t *const starts = building->starts + table * (KEYS + 1);
    const uint32_t *const spill_starts = building->spill_starts + table * (KEYS + 1);
    uint8_t *const numbers = building->row_numbers + table * building->rows * building->row_bytes;
    uint16_t *const next_words = building->next_words + table * KEYS * building->width;
    memset(filled, 0, KEYS * sizeof *filled);
    for (size_t row = 0; row < building->rows; row++) {
        const uint16_t *const words = building->words + WORDS * row;
        const size_t key = words[table];
        const uint32_t slot = filled[key]++;
        const size_t place = (size_t)starts[key] + slot;
        if (place >= building->rows) return SEARCH_DAMAGED;
        uint8_t *const number = numbers + place * building->row_bytes;
        for (uint32_t byte = 0; byte < building->row_bytes; byte++) number[byte] = (uint8_t)(row >> 8 * byte);
        const uint16_t next = words[(table + 1) % WORDS];
        if (slot < building->width) {
            next_words[key * building->width + slot] = next;
            continue;
        }
        const size_t spill = (size_t)spill_starts[key] + (slot - building->width);
        if (spill >= building->spilled) return SEARCH_DAMAGED;
        building->spill_words[spill] = next;
    }
    return SEARCH_DONE;
}

SearchState search_fill(const Building *building) {
    uint32_t *const filled = malloc(KEYS * sizeof *filled);
    if (filled == NULL) return SEARCH_NO_MEMORY;
    SearchState state = SEARCH_DONE;
    for (size_t table = 0; table < WORDS && state == SEARCH_DONE; table++) state = fill_table(building, table, filled);
    free(filled);
    return state;
}
