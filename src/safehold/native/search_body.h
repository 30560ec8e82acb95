/* The search, compiled once for each variant. */

/* Add to `found` each of `count` words (at most SCAN_WORDS) that differs from the probe's in few enough bits. */
static size_t NAME(scan)(const uint16_t *words, uint32_t count, Probe probe, Candidate *found) {
    size_t kept = 0;
    uint32_t first = 0;
#if IS_AVX512
    const __m512i next = _mm512_set1_epi16((short)probe.next);
    const __m512i allowed = _mm512_set1_epi16((short)probe.allowed);
    for (; first < count; first += 32) {
        const uint32_t left = count - first;
        const __mmask32 inside = left < 32 ? (UINT32_C(1) << left) - 1 : UINT32_MAX;
        const __m512i some = _mm512_maskz_loadu_epi16(inside, words + first);
        const __m512i bits = _mm512_popcnt_epi16(_mm512_xor_si512(some, next));
        uint32_t near = _mm512_mask_cmple_epu16_mask(inside, bits, allowed);
        for (; near != 0; near &= near - 1)
            found[kept++] = candidate_of(probe, first + (uint32_t)__builtin_ctz(near));
    }
#elif IS_AVX2
    const __m256i next = _mm256_set1_epi16((short)probe.next);
    const __m256i too_many = _mm256_set1_epi16((short)(probe.allowed + 1));
    const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi8(1);
    const __m256i bits_of = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1,
                                             2, 2, 3, 2, 3, 3, 4);
    for (; first < count; first += 16) {
        uint16_t last[16] = {0};
        const uint16_t *from = words + first;
        uint32_t inside = UINT32_C(0x55555555);
        if (count - first < 16) {
            memcpy(last, from, (count - first) * sizeof *from);
            from = last;
            inside &= (UINT32_C(1) << 2 * (count - first)) - 1;
        }
        const __m256i other = _mm256_xor_si256(next, _mm256_loadu_si256((const __m256i *)from));
        const __m256i lower = _mm256_shuffle_epi8(bits_of, _mm256_and_si256(other, low));
        const __m256i upper = _mm256_shuffle_epi8(bits_of, _mm256_and_si256(_mm256_srli_epi16(other, 4), low));
        const __m256i bits = _mm256_maddubs_epi16(_mm256_add_epi8(lower, upper), ones);
        uint32_t near = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi16(too_many, bits)) & inside;
        for (; near != 0; near &= near - 1)
            found[kept++] = candidate_of(probe, first + (uint32_t)__builtin_ctz(near) / 2);
    }
#else
#if IS_NEON
    const uint16x8_t next = vdupq_n_u16(probe.next), allowed = vdupq_n_u16(probe.allowed);
    for (; first + 8 <= count; first += 8) {
        const uint16x8_t other = veorq_u16(next, vld1q_u16(words + first));
        const uint16x8_t bits = vpaddlq_u8(vcntq_u8(vreinterpretq_u8_u16(other)));
        const uint8x8_t is_near = vmovn_u16(vcleq_u16(bits, allowed));
        uint64_t near = vget_lane_u64(vreinterpret_u64_u8(is_near), 0) & UINT64_C(0x0101010101010101);
        for (; near != 0; near &= near - 1)
            found[kept++] = candidate_of(probe, first + (uint32_t)__builtin_ctzll(near) / 8);
    }
#else
    /* Four words in one register: count bits by halves, then let the counts that are too high carry into a sign bit. */
    const uint64_t each = UINT64_C(0x0001000100010001), next = probe.next * each;
    const uint64_t room = (UINT64_C(0x7fff) - probe.allowed) * each, signs = UINT64_C(0x8000) * each;
    for (; first + 4 <= count; first += 4) {
        uint64_t v;
        memcpy(&v, words + first, sizeof v);
        v ^= next;
        v -= (v >> 1) & UINT64_C(0x5555555555555555);
        v = (v & UINT64_C(0x3333333333333333)) + ((v >> 2) & UINT64_C(0x3333333333333333));
        v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
        v = (v + (v >> 8)) & UINT64_C(0x001f001f001f001f);
        if (((v + room) & signs) == signs) continue;
        for (uint32_t one = first; one < first + 4; one++)
            if (bits_in(words[one] ^ (uint32_t)probe.next) <= probe.allowed) found[kept++] = candidate_of(probe, one);
    }
#endif
    for (; first < count; first++)
        if (bits_in(words[first] ^ (uint32_t)probe.next) <= probe.allowed) found[kept++] = candidate_of(probe, first);
#endif
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
static SearchState NAME(look_at)(Search *search, const uint16_t *words, uint32_t count, Probe probe) {
    for (uint32_t first = 0; first < count; first += SCAN_WORDS, probe.slot += SCAN_WORDS) {
        const uint32_t some = count - first < SCAN_WORDS ? count - first : SCAN_WORDS;
        if (search->candidates > CANDIDATES - SCAN_WORDS) {
            const SearchState state = NAME(settle)(search);
            if (state != SEARCH_DONE) return state;
        }
        const size_t kept = NAME(scan)(words + first, some, probe, search->candidate + search->candidates);
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
    return NAME(look_at)(search, segment->spill_words + begin, all - segment->width, probe);
}

/* Look at one bucket for one query. Its row is compared to the end, though the end may be empty: to read where it ends
 * would take longer. */
static inline SearchState NAME(look)(Search *search, Probe probe) {
    const Segment *const segment = search->segment;
    const SearchState state = NAME(look_at)(search, bucket_at(segment, probe.bucket), segment->width, probe);
    const int is_spilled = segment->is_spilled[probe.bucket / 8] >> probe.bucket % 8 & 1;
    return state == SEARCH_DONE && is_spilled ? NAME(look_further)(search, probe) : state;
}

/* Search for few queries, one after the other: the buckets of the next probes are fetched while one is looked at. */
static SearchState NAME(one_by_one)(Search *search) {
    const uint32_t all = WORDS * search->flips;
    for (uint32_t query = 0; query < search->queries; query++) {
        if (search->is_linear[query]) continue;
        for (uint32_t probe = 0; probe < AHEAD && probe < all; probe++) fetch_probe(search, query, probe);
        for (uint32_t probe = 0; probe < all; probe++) {
            if (probe + AHEAD < all) fetch_probe(search, query, probe + AHEAD);
            const uint32_t table = probe / search->flips, flip = probe % search->flips;
            const SearchState state = NAME(look)(search, probe_of(search, query, table, flip));
            if (state != SEARCH_DONE) return state;
        }
    }
    return NAME(settle)(search);
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
    return NAME(settle)(search);
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
