#include "pdq.h"

#include <stdlib.h>
#include <string.h>

#include "variant.h"
#if SAFEHOLD_X86
#include <immintrin.h>
#endif
#if SAFEHOLD_ARM
#include <arm_neon.h>
#endif

/* 2^16 * sqrt(2/64) * cos(i * pi / 128), rounded: a quarter of a wave, from which the whole matrix follows. */
static const int16_t QUARTER_WAVE[PDQ_SAMPLES + 1] = {
    11585, 11582, 11571, 11554, 11529, 11498, 11460, 11415, 11363, 11304, 11238, 11166, 11086,
    11001, 10908, 10809, 10703, 10591, 10473, 10348, 10217, 10080, 9937,  9788,  9633,  9472,
    9305,  9133,  8956,  8772,  8584,  8391,  8192,  7988,  7780,  7567,  7350,  7128,  6901,
    6671,  6436,  6198,  5956,  5710,  5461,  5209,  4953,  4695,  4433,  4169,  3903,  3634,
    3363,  3090,  2815,  2538,  2260,  1981,  1700,  1418,  1136,  852,   568,   284,   0,
};

/* The cosine transform: [even or odd number of half-waves][place][half-waves, in pairs], places of the first half. */
_Alignas(64) static double cosines[2][PDQ_HALF][PDQ_SIDE / 2];

void pdq_prepare(void) {
    for (int waves = 1; waves <= PDQ_SIDE; waves++) {
        for (int place = 0; place < PDQ_HALF; place++) {
            int angle = waves * (2 * place + 1) % 256; /* in units of pi / 128: a whole wave is 256 */
            if (angle > 128) angle = 256 - angle;
            int value = angle <= PDQ_SAMPLES ? QUARTER_WAVE[angle] : -QUARTER_WAVE[128 - angle];
            cosines[waves % 2][place][(waves - 1) / 2] = value;
        }
    }
}

#if SAFEHOLD_X86
/* Ask for the bytes that a row's next blocks will need; beyond its end that does nothing. Measured: a third faster on
 * planes that no cache holds. */
static inline void fetch_ahead(const uint8_t *pixels) {
    enum { AHEAD = 192 };
    _mm_prefetch((const char *)((uintptr_t)pixels + AHEAD), _MM_HINT_T0);
}
#endif

#define BODY "pdq_body.h"
#include "each_variant.h"

typedef void (*Reduce)(const PdqPlane *, int, const PdqAxis *const *, const PdqAxis *const *, PdqScratch *,
                       PdqReduced *);
typedef void (*Transform)(const PdqReduced *, PdqFrequencies *);
typedef int (*Quality)(const PdqReduced *);
typedef void (*Bits)(const PdqFrequencies *, uint8_t *);

static const Reduce REDUCE[VARIANTS] = EACH_VARIANT(reduce);
static const Transform TRANSFORM[VARIANTS] = EACH_VARIANT(transform);
static const Quality QUALITY[VARIANTS] = EACH_VARIANT(quality);
static const Bits BITS[VARIANTS] = EACH_VARIANT(bits);

void pdq_reduce(const PdqPlane *plane, int flavours, const PdqAxis *const *rows, const PdqAxis *const *columns,
                PdqScratch *scratch, PdqReduced *reduced) {
    REDUCE[variant_in_use()](plane, flavours, rows, columns, scratch, reduced);
}

void pdq_transform(const PdqReduced *reduced, PdqFrequencies *frequencies) {
    TRANSFORM[variant_in_use()](reduced, frequencies);
}

int pdq_quality(const PdqReduced *reduced) { return QUALITY[variant_in_use()](reduced); }

void pdq_bits(const PdqFrequencies *frequencies, uint8_t *print) { BITS[variant_in_use()](frequencies, print); }

/* Mirroring a picture flips the sign of every odd number of half-waves along that axis. */
void pdq_turn(const PdqFrequencies *frequencies, int turn, PdqFrequencies *turned) {
    enum { ROWS = 1, COLUMNS = 2, TRANSPOSED = 4 };
    static const uint8_t FORMS[PDQ_TURNS] = {
        0,                    /* as it is */
        COLUMNS | TRANSPOSED, /* a quarter */
        ROWS | COLUMNS,       /* a half */
        ROWS | TRANSPOSED,    /* three quarters */
        ROWS,                 /* upside down */
        COLUMNS,              /* mirrored */
        TRANSPOSED,           /* transposed */
        ROWS | COLUMNS | TRANSPOSED,
    };
    int form = FORMS[turn];
    for (int row = 0; row < PDQ_SIDE; row++) {
        for (int column = 0; column < PDQ_SIDE; column++) {
            int flips = ((form & ROWS) && row % 2 == 0) != ((form & COLUMNS) && column % 2 == 0);
            double value = flips ? -frequencies->at[row][column] : frequencies->at[row][column];
            if (form & TRANSPOSED)
                turned->at[column][row] = value;
            else
                turned->at[row][column] = value;
        }
    }
}

/* How many 16-bit weights a weight needs: a signed multiplication holds less than 2^15. */
static int32_t parts(uint32_t weight) { return (int32_t)((weight + INT16_MAX - 1) / INT16_MAX); }

static int32_t pairs_needed(const int32_t *ends, const uint32_t *weights) {
    int32_t pairs = 0, place = 0;
    for (int sample = 0; sample < PDQ_SAMPLES; sample++) {
        int32_t own = 0;
        for (; place < ends[sample]; place++) own += parts(weights[place]);
        pairs += (own + 1) / 2;
    }
    return pairs;
}

/* Append a weighted place to the pairs of a sample, of which `count` single ones are there. */
static void add_single(PdqPair *pairs, int32_t count, int32_t place, uint32_t weight) {
    PdqPair *pair = &pairs[count / 2];
    if (count % 2 == 0)
        *pair = (PdqPair){place, place, weight};
    else {
        pair->second = place;
        pair->weights |= weight << 16;
    }
}

static void fill(PdqAxis *axis, const int32_t *ends, const int32_t *places, const uint32_t *weights) {
    int32_t pairs = 0, place = 0;
    for (int sample = 0; sample < PDQ_SAMPLES; sample++) {
        int32_t singles = 0;
        for (; place < ends[sample]; place++) {
            axis->taps[place] = (PdqTap){weights[place], places[place]};
            for (uint32_t left = weights[place]; left > 0;) {
                uint32_t part = left < INT16_MAX ? left : INT16_MAX;
                add_single(axis->pairs + pairs, singles++, places[place], part);
                left -= part;
            }
        }
        axis->tap_end[sample] = place;
        axis->pair_end[sample] = pairs += (singles + 1) / 2;
    }
}

PdqAxis *pdq_axis_new(int32_t size, const int32_t *ends, const int32_t *places, const uint32_t *weights) {
    PdqAxis *axis = calloc(1, sizeof *axis);
    if (axis == NULL) return NULL;
    axis->size = size;
    axis->pairs = calloc((size_t)pairs_needed(ends, weights), sizeof *axis->pairs);
    axis->taps = calloc((size_t)ends[PDQ_SAMPLES - 1], sizeof *axis->taps);
    if (axis->pairs == NULL || axis->taps == NULL) {
        pdq_axis_free(axis);
        return NULL;
    }
    fill(axis, ends, places, weights);
    return axis;
}

void pdq_axis_free(PdqAxis *axis) {
    if (axis == NULL) return;
    free(axis->pairs);
    free(axis->taps);
    free(axis);
}
