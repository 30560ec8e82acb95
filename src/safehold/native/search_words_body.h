/* Comparing the words of buckets with a query's next word: a bit for each word. Included by search_body.h. */

#if !IS_AVX512
/* Return a bit for each of 32 words, lowest first: whether it differs from the probe's in few enough bits. Bits beyond
 * the `left` first words say nothing. */
static inline uint32_t NAME(mask)(const uint16_t *words, uint32_t left, Probe probe) {
#if IS_AVX2
    const __m256i next = _mm256_set1_epi16((short)probe.next);
    const __m256i too_many = _mm256_set1_epi16((short)(probe.allowed + 1));
    const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi8(1);
    const __m256i bits_of = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1,
                                             2, 2, 3, 2, 3, 3, 4);
    __m256i near[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (int half = 0; half < 2; half++) {
        if (half == 1 && left <= 16) break;
        const __m256i other = _mm256_xor_si256(next, _mm256_loadu_si256((const __m256i *)(words + 16 * half)));
        const __m256i lower = _mm256_shuffle_epi8(bits_of, _mm256_and_si256(other, low));
        const __m256i upper = _mm256_shuffle_epi8(bits_of, _mm256_and_si256(_mm256_srli_epi16(other, 4), low));
        near[half] = _mm256_cmpgt_epi16(too_many, _mm256_maddubs_epi16(_mm256_add_epi8(lower, upper), ones));
    }
    const __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(near[0], near[1]), 0xd8);
    return (uint32_t)_mm256_movemask_epi8(both);
#elif IS_NEON
    static const uint8_t PLACES[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint16x8_t next = vdupq_n_u16(probe.next), allowed = vdupq_n_u16(probe.allowed);
    const uint8x8_t places = vld1_u8(PLACES);
    uint32_t near = 0;
    for (uint32_t first = 0; first < MASK_WORDS && first < left; first += 8) {
        const uint16x8_t other = veorq_u16(next, vld1q_u16(words + first));
        const uint16x8_t bits = vpaddlq_u8(vcntq_u8(vreinterpretq_u8_u16(other)));
        near |= (uint32_t)vaddv_u8(vand_u8(vmovn_u16(vcleq_u16(bits, allowed)), places)) << first;
    }
    return near;
#else
    /* Four words in one register: count bits by halves, then let the counts that are too high carry into a sign bit; the
     * multiplication gathers the four signs. */
    const uint64_t each = UINT64_C(0x0001000100010001), next = probe.next * each;
    const uint64_t room = (UINT64_C(0x7fff) - probe.allowed) * each, signs = UINT64_C(0x8000) * each;
    uint32_t near = 0;
    for (uint32_t first = 0; first < MASK_WORDS && first < left; first += 4) {
        const uint16_t *const four = words + first;
        uint64_t v = next ^ ((uint64_t)four[0] | (uint64_t)four[1] << 16 | (uint64_t)four[2] << 32 | (uint64_t)four[3] << 48);
        v -= (v >> 1) & UINT64_C(0x5555555555555555);
        v = (v & UINT64_C(0x3333333333333333)) + ((v >> 2) & UINT64_C(0x3333333333333333));
        v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
        v = (v + (v >> 8)) & UINT64_C(0x001f001f001f001f);
        const uint64_t is_near = (~(v + room) & signs) >> 15;
        near |= (uint32_t)(is_near * UINT64_C(0x0001000200040008) >> 48 & 15) << first;
    }
    return near;
#endif
}
#endif

/* Write a bit for each of `count` words, 32 to a mask, lowest first: whether it differs from `next` in at most `allowed`
 * bits. No word is read from `end` on. */
static inline void NAME(masks)(const uint16_t *words, uint32_t count, const uint16_t *end, Probe probe, uint32_t *mask) {
#if IS_AVX512
    (void)end;
    const __m512i next = _mm512_set1_epi16((short)probe.next);
    const __m512i allowed = _mm512_set1_epi16((short)probe.allowed);
    uint32_t first = 0;
    for (; first + MASK_WORDS <= count; first += MASK_WORDS) {
        const __m512i bits = _mm512_popcnt_epi16(_mm512_xor_si512(_mm512_loadu_si512(words + first), next));
        *mask++ = _mm512_cmple_epu16_mask(bits, allowed);
    }
    if (first == count) return;
    const __mmask32 inside = (UINT32_C(1) << (count - first)) - 1;
    const __m512i some = _mm512_maskz_loadu_epi16(inside, words + first);
    const __m512i bits = _mm512_popcnt_epi16(_mm512_xor_si512(some, next));
    *mask = _mm512_mask_cmple_epu16_mask(inside, bits, allowed);
#else
    for (uint32_t first = 0; first < count; first += MASK_WORDS) {
        const uint32_t left = count - first;
        const uint16_t *from = words + first;
        uint16_t last[MASK_WORDS];
        if (end - from < MASK_WORDS) {
            memset(last, 0, sizeof last);
            memcpy(last, from, (left < MASK_WORDS ? left : MASK_WORDS) * sizeof *from);
            from = last;
        }
        const uint32_t inside = left < MASK_WORDS ? (UINT32_C(1) << left) - 1 : UINT32_MAX;
        *mask++ = NAME(mask)(from, left, probe) & inside;
    }
#endif
}
