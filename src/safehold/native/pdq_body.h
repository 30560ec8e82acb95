/* The PDQ kernel, once for each variant (see each_variant.h). Every sum is a whole number that its type holds exactly,
 * so neither the order of adding nor a fused multiplication changes a bit. */

#if IS_AVX512
#define VECTOR_BYTES 64
#elif IS_AVX2
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#define DOUBLES (VECTOR_BYTES / 8)

typedef double NAME(Doubles) __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef int64_t NAME(Longs) __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef int32_t NAME(Halves)
    __attribute__((vector_size(VECTOR_BYTES / 2), may_alias)); /* as many as there are doubles */

#include "pdq_rows_body.h"

/* Add the columns of a strip to the reduced picture: with `across[x][row]`, 64 rows at once.
 *
 * Bound: sums of rows are below 2^24 and weights add up to 2^16, so that each partial sum is below 2^40: exact. */
static void NAME(add_columns)(const PdqScratch *scratch, const PdqAxis *axis, int32_t from, int32_t to,
                              double (*whole)[PDQ_SAMPLES]) {
    enum { VECTORS = PDQ_SAMPLES / DOUBLES < 8 ? PDQ_SAMPLES / DOUBLES : 8, CHUNK = VECTORS * DOUBLES };
    for (int sample = 0; sample < PDQ_SAMPLES; sample++) {
        const PdqTap *tap = axis->taps + (sample ? axis->tap_end[sample - 1] : 0);
        const PdqTap *end = axis->taps + axis->tap_end[sample];
        if (tap == end || tap->place >= to || end[-1].place < from) continue;
        while (tap->place < from) tap++;
        while (end[-1].place >= to) end--;
        for (int row = 0; row < PDQ_SAMPLES; row += CHUNK) {
            NAME(Doubles) sums[VECTORS];
            NAME(Doubles) *into = (NAME(Doubles) *)&whole[sample][row];
            for (int i = 0; i < VECTORS; i++) sums[i] = into[i];
            for (const PdqTap *one = tap; one < end; one++) {
                const NAME(Halves) *values = (const NAME(Halves) *)&scratch->across[one->place - from][row];
                for (int i = 0; i < VECTORS; i++)
                    sums[i] += __builtin_convertvector(values[i], NAME(Doubles)) * one->weight;
            }
            for (int i = 0; i < VECTORS; i++) into[i] = sums[i];
        }
    }
}

/* Round to 1/256 of a luma step, halves up. Truncation is rounding down here: nothing is negative. */
static void NAME(round_off)(double (*whole)[PDQ_SAMPLES], PdqReduced *reduced) {
    const double *from = &whole[0][0];
    int32_t *to = &reduced->at[0][0];
    for (int i = 0; i < PDQ_SAMPLES * PDQ_SAMPLES; i++) to[i] = (int32_t)((from[i] + 0x1p23) * 0x1p-24);
}

static void NAME(reduce)(const PdqPlane *plane, int flavours, const PdqAxis *const *rows, const PdqAxis *const *columns,
                         PdqScratch *scratch, PdqReduced *reduced) {
    int32_t strips = (plane->width + PDQ_STRIP - 1) / PDQ_STRIP;
    memset(scratch->whole, 0, (size_t)flavours * sizeof scratch->whole[0]);
    for (int32_t strip = 0; strip < strips; strip++) {
        int32_t from = (int32_t)((int64_t)plane->width * strip / strips);
        int32_t to = (int32_t)((int64_t)plane->width * (strip + 1) / strips);
        NAME(sum_rows)(plane, flavours, rows, from, to, scratch);
        for (int flavour = 0; flavour < flavours; flavour++) {
            NAME(turn_over)(scratch->sums[flavour], to - from, scratch->across);
            NAME(add_columns)(scratch, columns[flavour], from, to, scratch->whole[flavour]);
        }
    }
    for (int flavour = 0; flavour < flavours; flavour++) NAME(round_off)(scratch->whole[flavour], &reduced[flavour]);
}

/* Transform one line of 64 along the other axis, all half-waves of one parity at once, and store it as a column. */
static void NAME(transform_line)(const double *line, int waves, PdqFrequencies *frequencies) {
    enum { VECTORS = PDQ_SIDE / 2 / DOUBLES };
    for (int odd = 0; odd < 2; odd++) {
        NAME(Doubles) sums[VECTORS];
        for (int i = 0; i < VECTORS; i++) sums[i] = (NAME(Doubles)){0};
        for (int place = 0; place < PDQ_HALF; place++) {
            double far = line[PDQ_SAMPLES - 1 - place], ends = odd ? line[place] - far : line[place] + far;
            const NAME(Doubles) *entries = (const NAME(Doubles) *)cosines[odd][place];
            for (int i = 0; i < VECTORS; i++) sums[i] += entries[i] * ends;
        }
        const double *sum = (const double *)sums;
        for (int pair = 0; pair < PDQ_SIDE / 2; pair++) frequencies->at[2 * pair + 1 - odd][waves - 1] = sum[pair];
    }
}

/* The cosine transform of both axes. Cosines mirror: an even number of half-waves has the same value at both ends, an
 * odd number the opposite one, so the two ends are added or subtracted first.
 *
 * Bound: as in the numpy engine, all partial sums are below 2^15 * (7.3 * 2^16)^2 < 2^53. */
static void NAME(transform)(const PdqReduced *reduced, PdqFrequencies *frequencies) {
    enum { VECTORS = PDQ_SAMPLES / DOUBLES < 8 ? PDQ_SAMPLES / DOUBLES : 8, CHUNK = VECTORS * DOUBLES };
    _Alignas(64) double ends[2][PDQ_HALF][PDQ_SAMPLES]; /* added, subtracted */
    for (int column = 0; column < PDQ_HALF; column++) {
        for (int row = 0; row < PDQ_SAMPLES; row++) {
            int32_t near = reduced->at[column][row], far = reduced->at[PDQ_SAMPLES - 1 - column][row];
            ends[0][column][row] = near + far - (2 * 128 << 8);
            ends[1][column][row] = near - far;
        }
    }
    for (int waves = 1; waves <= PDQ_SIDE; waves++) {
        _Alignas(64) double line[PDQ_SAMPLES];
        for (int row = 0; row < PDQ_SAMPLES; row += CHUNK) {
            NAME(Doubles) sums[VECTORS];
            for (int i = 0; i < VECTORS; i++) sums[i] = (NAME(Doubles)){0};
            for (int column = 0; column < PDQ_HALF; column++) {
                const NAME(Doubles) *values = (const NAME(Doubles) *)&ends[waves % 2][column][row];
                for (int i = 0; i < VECTORS; i++) sums[i] += values[i] * cosines[waves % 2][column][(waves - 1) / 2];
            }
            for (int i = 0; i < VECTORS; i++) ((NAME(Doubles) *)&line[row])[i] = sums[i];
        }
        NAME(transform_line)(line, waves, frequencies);
    }
}

/* How many frequencies do not exceed a value. */
static int NAME(count_up_to)(const double *frequencies, double value) {
    NAME(Longs) counts = {0};
    for (int i = 0; i < PDQ_FREQUENCIES / DOUBLES; i++)
        counts -= (NAME(Longs))(((const NAME(Doubles) *)frequencies)[i] <= value); /* true is minus one */
    int64_t count = 0;
    for (int i = 0; i < DOUBLES; i++) count += counts[i];
    return (int)count;
}

/* A print has a bit for each frequency above the lower median. Any value that exactly 128 frequencies do not exceed
 * splits them as the median does; with ties there may be none, and halving ends at the median itself. */
static void NAME(bits)(const PdqFrequencies *frequencies, uint8_t *print) {
    const double *values = &frequencies->at[0][0];
    double least = values[0], most = values[0];
    for (int i = 1; i < PDQ_FREQUENCIES; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    int64_t low = (int64_t)least, high = (int64_t)most; /* the median is in low..high */
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int count = NAME(count_up_to)(values, (double)middle);
        if (count >= PDQ_FREQUENCIES / 2)
            high = middle;
        else
            low = middle + 1;
        if (count == PDQ_FREQUENCIES / 2) break;
    }
    double median = (double)high;
    for (int byte = 0; byte < PDQ_BYTES; byte++) {
        unsigned set = 0;
        for (int bit = 0; bit < 8; bit++) set |= (unsigned)(values[byte * 8 + bit] > median) << bit;
        print[PDQ_BYTES - 1 - byte] = (uint8_t)set;
    }
}

/* Steps between neighbours along one axis, in whole percent of the luma range, each rounded towards zero. */
static int NAME(steps)(const int32_t *one, const int32_t *next, int count) {
    int total = 0;
    for (int i = 0; i < count; i++) {
        int32_t step = one[i] - next[i];
        total += (int)((uint32_t)((step < 0 ? -step : step) * 100) / (255U << 8));
    }
    return total;
}

static int NAME(quality)(const PdqReduced *reduced) {
    int total = 0;
    for (int column = 0; column < PDQ_SAMPLES; column++) {
        const int32_t *own = reduced->at[column];
        total += NAME(steps)(own, own + 1, PDQ_SAMPLES - 1);
        if (column + 1 < PDQ_SAMPLES) total += NAME(steps)(own, own + PDQ_SAMPLES, PDQ_SAMPLES);
    }
    total /= 90; /* source: as in safehold.signals.pdq_transform */
    return total < 100 ? total : 100;
}

#undef VECTOR_BYTES
#undef DOUBLES
