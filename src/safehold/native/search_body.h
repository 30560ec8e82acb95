/* The search, compiled once for each variant. */

#include "search_words_body.h"

/* Keep what the masks of a bucket's words say, at most SCAN_WORDS of them. */
static size_t NAME(scan)(const uint16_t *words, uint32_t count, const uint16_t *end, Probe probe, Candidate *found) {
    uint32_t mask[SCAN_WORDS / MASK_WORDS];
    size_t kept = 0;
    NAME(masks)(words, count, end, probe, mask);
    for (uint32_t first = 0; first < count; first += MASK_WORDS)
        for (uint32_t near = mask[first / MASK_WORDS]; near != 0; near &= near - 1)
            found[kept++] = candidate_of(probe, first + (uint32_t)__builtin_ctz(near));
    return kept;
}

/* Return in how many bits two values differ. */
static inline uint32_t NAME(distance)(const uint64_t *left, const uint64_t *right) {
#if IS_NEON
    const uint8_t *const a = (const uint8_t *)left, *const b = (const uint8_t *)right;
    const uint8x16_t low = vcntq_u8(veorq_u8(vld1q_u8(a), vld1q_u8(b)));
    const uint8x16_t high = vcntq_u8(veorq_u8(vld1q_u8(a + 16), vld1q_u8(b + 16)));
    return vaddlvq_u8(vaddq_u8(low, high));
#else
    return (uint32_t)(__builtin_popcountll(left[0] ^ right[0]) + __builtin_popcountll(left[1] ^ right[1]) +
                      __builtin_popcountll(left[2] ^ right[2]) + __builtin_popcountll(left[3] ^ right[3]));
#endif
}

/* Compare some candidates whole, and keep the pairs within the threshold that no earlier table has given. What the
 * next loop reads is fetched in the one before. */
static SearchState NAME(settle_some)(Search *search, const Candidate *candidate, size_t count) {
    const Segment *const segment = search->segment;
    size_t place[SETTLED_AT_ONCE];
    uint32_t row[SETTLED_AT_ONCE];
    for (size_t one = 0; one < count; one++) {
        const size_t table = candidate[one].bucket / KEYS;
        const uint32_t *const start = segment->starts + table + candidate[one].bucket;
        if (start[1] < start[0] || start[1] > segment->rows) return SEARCH_DAMAGED;
        const int is_empty = candidate[one].slot >= start[1] - start[0];
        place[one] = is_empty ? NOWHERE : (table * segment->rows + start[0] + candidate[one].slot) * segment->row_bytes;
        __builtin_prefetch(segment->row_numbers + (is_empty ? 0 : place[one]));
    }
    for (size_t one = 0; one < count; one++) {
        row[one] = place[one] == NOWHERE ? 0 : row_at(segment, place[one]);
        if (row[one] >= segment->rows) return SEARCH_DAMAGED;
        __builtin_prefetch(segment->values + 4 * (size_t)row[one]);
    }
    for (size_t one = 0; one < count; one++) {
        const uint64_t *const value = segment->values + 4 * (size_t)row[one];
        const uint64_t *const asked = search->asked + 4 * (size_t)candidate[one].query;
        const uint32_t distance = NAME(distance)(asked, value);
        if (distance > search->threshold || place[one] == NOWHERE) continue;
        if (is_given_before(search, asked, value, candidate[one].bucket / KEYS)) continue;
        if (!give(search, candidate[one].query, row[one], distance)) return SEARCH_TOO_MANY;
    }
    return SEARCH_DONE;
}

/* Compare all candidates, and forget them. */
static SearchState NAME(settle)(Search *search) {
    for (size_t first = 0; first < search->candidates; first += SETTLED_AT_ONCE) {
        const size_t left = search->candidates - first, some = left < SETTLED_AT_ONCE ? left : SETTLED_AT_ONCE;
        const SearchState state = NAME(settle_some)(search, search->candidate + first, some);
        if (state != SEARCH_DONE) return state;
    }
    search->candidates = 0;
    return SEARCH_DONE;
}

/* Look at entries of a bucket that lie together. */
static SearchState NAME(look_at)(Search *search, const uint16_t *words, uint32_t count, const uint16_t *end, Probe probe) {
    for (uint32_t first = 0; first < count; first += SCAN_WORDS, probe.slot += SCAN_WORDS) {
        const uint32_t some = count - first < SCAN_WORDS ? count - first : SCAN_WORDS;
        if (search->candidates > CANDIDATES - SCAN_WORDS) {
            const SearchState state = NAME(settle)(search);
            if (state != SEARCH_DONE) return state;
        }
        const size_t kept = NAME(scan)(words + first, some, end, probe, search->candidate + search->candidates);
        if (kept > 0) fetch_start(search->segment, probe.bucket);
        search->candidates += kept;
    }
    return SEARCH_DONE;
}

/* Look at what a bucket holds beyond its row of next words. */
static SearchState NAME(look_further)(Search *search, Probe probe) {
    const Segment *const segment = search->segment;
    const size_t bucket = probe.bucket + probe.bucket / KEYS;
    const uint32_t all = segment->starts[bucket + 1] - segment->starts[bucket], begin = segment->spill_starts[bucket];
    if (all <= segment->width || all > segment->rows) return SEARCH_DAMAGED;
    if ((uint64_t)begin + (all - segment->width) > segment->spilled) return SEARCH_DAMAGED;
    probe.slot = segment->width;
    return NAME(look_at)(search, segment->spill_words + begin, all - segment->width,
                         segment->spill_words + segment->spilled, probe);
}

/* Turn the masks of the rows that were looked at into candidates. Few masks have a bit: those are listed first, without
 * a branch that nothing could foretell. */
static SearchState NAME(collect)(Search *search) {
    const uint32_t masks = search->pendings * search->masks_each;
    uint32_t listed = 0;
    for (uint32_t place = 0; place < masks; place++) {
        search->marked[listed] = (uint16_t)place;
        listed += search->mask[place] != 0;
    }
    for (uint32_t one = 0; one < listed; one++) {
        if (search->candidates > CANDIDATES - MASK_WORDS) {
            const SearchState state = NAME(settle)(search);
            if (state != SEARCH_DONE) return state;
        }
        const uint32_t place = search->marked[one], row = place / search->masks_each;
        const uint32_t first = (place - row * search->masks_each) * MASK_WORDS;
        fetch_start(search->segment, search->pending[row].bucket);
        for (uint32_t near = search->mask[place]; near != 0; near &= near - 1)
            search->candidate[search->candidates++] =
                candidate_of(search->pending[row], first + (uint32_t)__builtin_ctz(near));
    }
    search->pendings = 0;
    const uint32_t spilled = search->spills;
    search->spills = 0;
    for (uint32_t one = 0; one < spilled; one++) {
        const SearchState state = NAME(look_further)(search, search->pending[search->spilled[one]]);
        if (state != SEARCH_DONE) return state;
    }
    return SEARCH_DONE;
}

/* Look at one bucket for one query. Its row is compared to the end, though the end may be empty: to read where it ends
 * would take longer. */
static inline SearchState NAME(look)(Search *search, Probe probe) {
    const Segment *const segment = search->segment;
    const uint16_t *const end = segment->next_words + (size_t)WORDS * KEYS * segment->width;
    const uint32_t row = search->pendings;
    NAME(masks)(bucket_at(segment, probe.bucket), segment->width, end, probe, search->mask + row * search->masks_each);
    search->pending[row] = probe;
    search->spilled[search->spills] = (uint16_t)row;
    search->spills += segment->is_spilled[probe.bucket / 8] >> probe.bucket % 8 & 1;
    search->pendings = row + 1;
    return row + 1 < search->most_pending ? SEARCH_DONE : NAME(collect)(search);
}

/* Search for few queries, one after the other: the buckets of the next probes are fetched while one is looked at. A key's
 * neighbours lie at powers of two from it, where caches have little room: so the tables take turns. */
static SearchState NAME(one_by_one)(Search *search) {
    const uint32_t all = WORDS * search->flips;
    for (uint32_t query = 0; query < search->queries; query++) {
        if (search->is_linear[query]) continue;
        for (uint32_t flip = 0; flip < search->flips; flip++)
            for (uint32_t table = 0; table < WORDS; table++)
                search->bucket[flip * WORDS + table] = probe_of(search, query, table, flip).bucket;
        for (uint32_t probe = 0; probe < AHEAD && probe < all; probe++)
            fetch_bucket(search->segment, search->bucket[probe]);
        for (uint32_t probe = 0; probe < all; probe++) {
            if (probe + AHEAD < all) fetch_bucket(search->segment, search->bucket[probe + AHEAD]);
            const SearchState state = NAME(look)(search, probe_of(search, query, probe % WORDS, probe / WORDS));
            if (state != SEARCH_DONE) return state;
        }
    }
    const SearchState state = NAME(collect)(search);
    return state != SEARCH_DONE ? state : NAME(settle)(search);
}

/* Search for many queries table by table, in the order of the keys, so that each bucket is read once and in passing. */
static SearchState NAME(by_table)(Search *search) {
    for (uint32_t table = 0; table < WORDS; table++) {
        order_probes(search, table);
        uint32_t done = 0;
        for (uint32_t key = 0; key < KEYS; key++) {
            const uint32_t end = search->probe_ends[key], later = key + KEYS_AHEAD;
            if (later < KEYS && search->probe_ends[later] != search->probe_ends[later - 1])
                fetch_bucket(search->segment, table * KEYS + later);
            for (; done < end; done++) {
                const uint32_t query = search->probe[done] / MOST_FLIPS, flip = search->probe[done] % MOST_FLIPS;
                const SearchState state = NAME(look)(search, probe_of(search, query, table, flip));
                if (state != SEARCH_DONE) return state;
            }
        }
    }
    const SearchState state = NAME(collect)(search);
    return state != SEARCH_DONE ? state : NAME(settle)(search);
}

/* Compare every row with those queries that the tables would cost more for, some rows at a time for all of them. */
static SearchState NAME(linear)(Search *search) {
    const Segment *const segment = search->segment;
    for (uint64_t first = 0; first < segment->rows; first += LINEAR_ROWS) {
        const uint64_t left = segment->rows - first, end = first + (left < LINEAR_ROWS ? left : LINEAR_ROWS);
        for (uint32_t query = 0; query < search->queries; query++) {
            if (!search->is_linear[query]) continue;
            const uint64_t *const asked = search->asked + 4 * (size_t)query;
            for (uint64_t row = first; row < end; row++) {
                const uint32_t distance = NAME(distance)(asked, segment->values + 4 * row);
                if (distance <= search->threshold && !give(search, query, row, distance)) return SEARCH_TOO_MANY;
            }
        }
    }
    return SEARCH_DONE;
}

static SearchState NAME(run)(Search *search) {
    SearchState state = SEARCH_DONE;
    if (search->linear_queries < search->queries)
        state = search->probe == NULL ? NAME(one_by_one)(search) : NAME(by_table)(search);
    if (state == SEARCH_DONE && search->linear_queries > 0) state = NAME(linear)(search);
    return state;
}

/* Eight flags of a byte each become the bits of one; the processor's first byte is the lowest. */
static inline uint8_t NAME(bits_of)(const uint8_t *flags) {
    uint64_t eight = 0;
    for (int one = 0; one < 8; one++) eight |= (uint64_t)flags[one] << 8 * one;
    return (uint8_t)(eight * UINT64_C(0x0102040810204080) >> 56);
}

static uint32_t NAME(mark_spilled)(const uint32_t *starts, uint32_t width, uint8_t *is_spilled) {
    uint32_t largest = 0;
    for (uint32_t bucket = 0; bucket < WORDS * KEYS; bucket += MARKED) {
        const uint32_t *const start = starts + bucket / KEYS + bucket;
        uint8_t flags[MARKED];
        for (uint32_t one = 0; one < MARKED; one++) {
            const uint32_t entries = start[one + 1] - start[one];
            flags[one] = entries > width;
            largest = entries > largest ? entries : largest;
        }
        for (uint32_t one = 0; one < MARKED; one += 8) is_spilled[(bucket + one) / 8] = NAME(bits_of)(flags + one);
    }
    return largest;
}
