/* The first stage of the PDQ kernel: 64 weighted sums of rows, over a strip of columns. Included by pdq_body.h.
 *
 * Bound: weights are not negative and add up to 2^16; times 255 that is below 2^24. A 32-bit sum holds it, and the
 * signed 16-bit multiplication sees luma of at most 255 and weights below 2^15. */

/* Columns summed at a time, in registers. */
#if IS_AVX512 || IS_AVX2
#define BLOCK 64
#else
#define BLOCK 16
#endif

/* sums[0..BLOCK) = the weighted sum of the pairs' rows, at the columns from `pixels` on. */
static inline void NAME(sum_block)(const uint8_t *pixels, ptrdiff_t stride, const PdqPair *pair, const PdqPair *end,
                                   uint32_t *sums) {
#if IS_AVX512
    __m512i zero = _mm512_setzero_si512(), sum[4] = {zero, zero, zero, zero};
    for (; pair < end; pair++) {
        fetch_ahead(pixels + pair->first * stride);
        fetch_ahead(pixels + pair->second * stride);
        __m512i one = _mm512_loadu_si512(pixels + pair->first * stride);
        __m512i two = _mm512_loadu_si512(pixels + pair->second * stride);
        __m512i weights = _mm512_set1_epi32((int)pair->weights);
        __m512i low = _mm512_unpacklo_epi8(one, two), high = _mm512_unpackhi_epi8(one, two);
        sum[0] = _mm512_add_epi32(sum[0], _mm512_madd_epi16(_mm512_unpacklo_epi8(low, zero), weights));
        sum[1] = _mm512_add_epi32(sum[1], _mm512_madd_epi16(_mm512_unpackhi_epi8(low, zero), weights));
        sum[2] = _mm512_add_epi32(sum[2], _mm512_madd_epi16(_mm512_unpacklo_epi8(high, zero), weights));
        sum[3] = _mm512_add_epi32(sum[3], _mm512_madd_epi16(_mm512_unpackhi_epi8(high, zero), weights));
    }
    /* Unpacking works within 16 bytes: quarter q of sum s holds the columns 16 q + 4 s to 16 q + 4 s + 3. */
    __m512i a = _mm512_shuffle_i32x4(sum[0], sum[1], 0x44), b = _mm512_shuffle_i32x4(sum[2], sum[3], 0x44);
    __m512i c = _mm512_shuffle_i32x4(sum[0], sum[1], 0xee), d = _mm512_shuffle_i32x4(sum[2], sum[3], 0xee);
    _mm512_storeu_si512(sums, _mm512_shuffle_i32x4(a, b, 0x88));
    _mm512_storeu_si512(sums + 16, _mm512_shuffle_i32x4(a, b, 0xdd));
    _mm512_storeu_si512(sums + 32, _mm512_shuffle_i32x4(c, d, 0x88));
    _mm512_storeu_si512(sums + 48, _mm512_shuffle_i32x4(c, d, 0xdd));
#elif IS_AVX2
    __m256i zero = _mm256_setzero_si256(), sum[2][4] = {{zero, zero, zero, zero}, {zero, zero, zero, zero}};
    for (; pair < end; pair++) {
        const __m256i *first = (const __m256i *)(pixels + pair->first * stride);
        const __m256i *second = (const __m256i *)(pixels + pair->second * stride);
        fetch_ahead((const uint8_t *)first);
        fetch_ahead((const uint8_t *)second);
        __m256i weights = _mm256_set1_epi32((int)pair->weights);
        for (int half = 0; half < 2; half++) {
            __m256i one = _mm256_loadu_si256(first + half), two = _mm256_loadu_si256(second + half), *own = sum[half];
            __m256i low = _mm256_unpacklo_epi8(one, two), high = _mm256_unpackhi_epi8(one, two);
            own[0] = _mm256_add_epi32(own[0], _mm256_madd_epi16(_mm256_unpacklo_epi8(low, zero), weights));
            own[1] = _mm256_add_epi32(own[1], _mm256_madd_epi16(_mm256_unpackhi_epi8(low, zero), weights));
            own[2] = _mm256_add_epi32(own[2], _mm256_madd_epi16(_mm256_unpacklo_epi8(high, zero), weights));
            own[3] = _mm256_add_epi32(own[3], _mm256_madd_epi16(_mm256_unpackhi_epi8(high, zero), weights));
        }
    }
    /* Unpacking works within 16 bytes: half h of sum s holds the columns 16 h + 4 s to 16 h + 4 s + 3. */
    for (int half = 0; half < 2; half++) {
        __m256i *into = (__m256i *)(sums + 32 * half), *own = sum[half];
        _mm256_storeu_si256(into, _mm256_permute2x128_si256(own[0], own[1], 0x20));
        _mm256_storeu_si256(into + 1, _mm256_permute2x128_si256(own[2], own[3], 0x20));
        _mm256_storeu_si256(into + 2, _mm256_permute2x128_si256(own[0], own[1], 0x31));
        _mm256_storeu_si256(into + 3, _mm256_permute2x128_si256(own[2], own[3], 0x31));
    }
#elif SAFEHOLD_X86
    __m128i zero = _mm_setzero_si128(), sum[4] = {zero, zero, zero, zero};
    for (; pair < end; pair++) {
        __m128i one = _mm_loadu_si128((const __m128i *)(pixels + pair->first * stride));
        __m128i two = _mm_loadu_si128((const __m128i *)(pixels + pair->second * stride));
        __m128i weights = _mm_set1_epi32((int)pair->weights);
        __m128i low = _mm_unpacklo_epi8(one, two), high = _mm_unpackhi_epi8(one, two);
        sum[0] = _mm_add_epi32(sum[0], _mm_madd_epi16(_mm_unpacklo_epi8(low, zero), weights));
        sum[1] = _mm_add_epi32(sum[1], _mm_madd_epi16(_mm_unpackhi_epi8(low, zero), weights));
        sum[2] = _mm_add_epi32(sum[2], _mm_madd_epi16(_mm_unpacklo_epi8(high, zero), weights));
        sum[3] = _mm_add_epi32(sum[3], _mm_madd_epi16(_mm_unpackhi_epi8(high, zero), weights));
    }
    for (int i = 0; i < 4; i++) _mm_storeu_si128((__m128i *)(sums + 4 * i), sum[i]);
#elif IS_NEON
    uint32x4_t sum[4] = {vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0)};
    for (; pair < end; pair++) {
        uint8x16_t one = vld1q_u8(pixels + pair->first * stride), two = vld1q_u8(pixels + pair->second * stride);
        uint16_t of_one = (uint16_t)pair->weights, of_two = (uint16_t)(pair->weights >> 16);
        uint16x8_t low = vmovl_u8(vget_low_u8(one)), high = vmovl_u8(vget_high_u8(one));
        sum[0] = vmlal_n_u16(sum[0], vget_low_u16(low), of_one);
        sum[1] = vmlal_n_u16(sum[1], vget_high_u16(low), of_one);
        sum[2] = vmlal_n_u16(sum[2], vget_low_u16(high), of_one);
        sum[3] = vmlal_n_u16(sum[3], vget_high_u16(high), of_one);
        low = vmovl_u8(vget_low_u8(two)), high = vmovl_u8(vget_high_u8(two));
        sum[0] = vmlal_n_u16(sum[0], vget_low_u16(low), of_two);
        sum[1] = vmlal_n_u16(sum[1], vget_high_u16(low), of_two);
        sum[2] = vmlal_n_u16(sum[2], vget_low_u16(high), of_two);
        sum[3] = vmlal_n_u16(sum[3], vget_high_u16(high), of_two);
    }
    for (int i = 0; i < 4; i++) vst1q_u32(sums + 4 * i, sum[i]);
#else
    memset(sums, 0, BLOCK * sizeof *sums);
    for (; pair < end; pair++) {
        const uint8_t *one = pixels + pair->first * stride, *two = pixels + pair->second * stride;
        for (int i = 0; i < BLOCK; i++) sums[i] += one[i] * (pair->weights & 0xffff) + two[i] * (pair->weights >> 16);
    }
#endif
}

/* The same for a strip narrower than a block. */
static void NAME(sum_few)(const uint8_t *pixels, ptrdiff_t stride, const PdqPair *pair, const PdqPair *end,
                          int32_t width, uint32_t *sums) {
    memset(sums, 0, (size_t)width * sizeof *sums);
    for (; pair < end; pair++) {
        const uint8_t *one = pixels + pair->first * stride, *two = pixels + pair->second * stride;
        for (int32_t i = 0; i < width; i++)
            sums[i] += one[i] * (pair->weights & 0xffff) + two[i] * (pair->weights >> 16);
    }
}

/* Fill scratch->sums for the columns from..to - 1. Both flavours' sums of a sample touch nearly the same rows, so that
 * the second finds them in the nearest cache. */
static void NAME(sum_rows)(const PdqPlane *plane, int flavours, const PdqAxis *const *axes, int32_t from, int32_t to,
                           PdqScratch *scratch) {
    int32_t width = to - from;
    for (int sample = 0; sample < PDQ_SAMPLES; sample++) {
        for (int flavour = 0; flavour < flavours; flavour++) {
            const PdqAxis *axis = axes[flavour];
            const PdqPair *pair = axis->pairs + (sample ? axis->pair_end[sample - 1] : 0);
            const PdqPair *end = axis->pairs + axis->pair_end[sample];
            uint32_t *sums = scratch->sums[flavour][sample];
            if (width < BLOCK) {
                NAME(sum_few)(plane->pixels + from, plane->stride, pair, end, width, sums);
                continue;
            }
            for (int32_t x = 0; x < width; x += BLOCK) {
                int32_t start = x + BLOCK <= width ? x : width - BLOCK; /* the last block may do some columns again */
                NAME(sum_block)(plane->pixels + from + start, plane->stride, pair, end, sums + start);
            }
        }
    }
}
#undef BLOCK

/* Make rows of columns: across[x][row] = sums[row][x]. May also write the few columns up to the next full group, whose
 * values are never used. */
static void NAME(turn_over)(uint32_t (*sums)[PDQ_STRIDE], int32_t width, int32_t (*across)[PDQ_SAMPLES]) {
#if IS_AVX512 || IS_AVX2
    for (int32_t x = 0; x < width; x += 8) {
        for (int row = 0; row < PDQ_SAMPLES; row += 8) {
            __m256i r[8], p[8];
            for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_si256((const __m256i *)&sums[row + i][x]);
            for (int i = 0; i < 8; i += 2) {
                p[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
                p[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
            }
            for (int i = 0; i < 8; i += 4) {
                r[i] = _mm256_unpacklo_epi64(p[i], p[i + 2]);
                r[i + 1] = _mm256_unpackhi_epi64(p[i], p[i + 2]);
                r[i + 2] = _mm256_unpacklo_epi64(p[i + 1], p[i + 3]);
                r[i + 3] = _mm256_unpackhi_epi64(p[i + 1], p[i + 3]);
            }
            for (int i = 0; i < 4; i++) {
                _mm256_store_si256((__m256i *)&across[x + i][row], _mm256_permute2x128_si256(r[i], r[i + 4], 0x20));
                _mm256_store_si256((__m256i *)&across[x + i + 4][row], _mm256_permute2x128_si256(r[i], r[i + 4], 0x31));
            }
        }
    }
#elif SAFEHOLD_X86
    for (int32_t x = 0; x < width; x += 4) {
        for (int row = 0; row < PDQ_SAMPLES; row += 4) {
            __m128i r[4];
            for (int i = 0; i < 4; i++) r[i] = _mm_loadu_si128((const __m128i *)&sums[row + i][x]);
            __m128i a = _mm_unpacklo_epi32(r[0], r[1]), b = _mm_unpacklo_epi32(r[2], r[3]);
            __m128i c = _mm_unpackhi_epi32(r[0], r[1]), d = _mm_unpackhi_epi32(r[2], r[3]);
            _mm_store_si128((__m128i *)&across[x][row], _mm_unpacklo_epi64(a, b));
            _mm_store_si128((__m128i *)&across[x + 1][row], _mm_unpackhi_epi64(a, b));
            _mm_store_si128((__m128i *)&across[x + 2][row], _mm_unpacklo_epi64(c, d));
            _mm_store_si128((__m128i *)&across[x + 3][row], _mm_unpackhi_epi64(c, d));
        }
    }
#elif IS_NEON
    for (int32_t x = 0; x < width; x += 4) {
        for (int row = 0; row < PDQ_SAMPLES; row += 4) {
            uint32x4_t r[4];
            for (int i = 0; i < 4; i++) r[i] = vld1q_u32(&sums[row + i][x]);
            uint64x2_t a = vreinterpretq_u64_u32(vzip1q_u32(r[0], r[1])),
                       b = vreinterpretq_u64_u32(vzip1q_u32(r[2], r[3]));
            uint64x2_t c = vreinterpretq_u64_u32(vzip2q_u32(r[0], r[1])),
                       d = vreinterpretq_u64_u32(vzip2q_u32(r[2], r[3]));
            vst1q_s32(&across[x][row], vreinterpretq_s32_u64(vzip1q_u64(a, b)));
            vst1q_s32(&across[x + 1][row], vreinterpretq_s32_u64(vzip2q_u64(a, b)));
            vst1q_s32(&across[x + 2][row], vreinterpretq_s32_u64(vzip1q_u64(c, d)));
            vst1q_s32(&across[x + 3][row], vreinterpretq_s32_u64(vzip2q_u64(c, d)));
        }
    }
#else
    for (int32_t x = 0; x < width; x++)
        for (int row = 0; row < PDQ_SAMPLES; row++) across[x][row] = (int32_t)sums[row][x];
#endif
}
