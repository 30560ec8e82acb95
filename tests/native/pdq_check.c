/* The PDQ kernel against plain whole-number arithmetic, in every variant that this processor has. */
#include <math.h>
#include <string.h>

#include "../../src/safehold/native/pdq.h"
#include "../../src/safehold/native/variant.h"
#include "check.h"

#define MOST_SIDE 1400
#define MOST_TAPS 40

/* The reduction of an axis as it is handed over: any that the kernel's contract allows. */
typedef struct {
    int32_t ends[PDQ_SAMPLES], places[PDQ_SAMPLES * MOST_TAPS];
    uint32_t weights[PDQ_SAMPLES * MOST_TAPS];
} Listed;

static int64_t matrix[PDQ_SIDE][PDQ_SAMPLES];

void check_prepare(void) {
    pdq_prepare();
    for (int waves = 1; waves <= PDQ_SIDE; waves++)
        for (int place = 0; place < PDQ_SAMPLES; place++)
            matrix[waves - 1][place] =
                llrint(sqrt(2.0 / 64) * cos(waves * (2 * place + 1) * 3.14159265358979323846 / 128) * 65536);
    for (int variant = 0; variant < VARIANTS; variant++)
        if (variant_runs((Variant)variant)) fprintf(stderr, "%s ", variant_name((Variant)variant));
    fputc('\n', stderr);
}

/* One sample: rising places, positive weights that add up to 2^16. */
static int32_t list_sample(Listed *listed, int32_t at, int32_t size, uint32_t *state) {
    int32_t most = size < MOST_TAPS ? size : MOST_TAPS, taps = 1 + (int32_t)(next_random(state) % (uint32_t)most);
    int32_t step = 1 + (int32_t)(next_random(state) % (uint32_t)(size / taps));
    int32_t place = (int32_t)(next_random(state) % (uint32_t)(size - step * (taps - 1)));
    uint32_t left = PDQ_WEIGHTS;
    for (int32_t tap = 0; tap < taps; tap++, place += step) {
        uint32_t others = (uint32_t)(taps - 1 - tap), weight = left - others;
        if (others)
            weight = 1 + next_random(state) % (weight < 70000 / (uint32_t)taps ? weight : 70000 / (uint32_t)taps);
        listed->places[at + tap] = place;
        listed->weights[at + tap] = weight;
        left -= weight;
    }
    return at + taps;
}

static PdqAxis *make_axis(Listed *listed, int32_t size, uint32_t seed) {
    int32_t at = 0;
    uint32_t state = seed | 1;
    for (int sample = 0; sample < PDQ_SAMPLES; sample++)
        listed->ends[sample] = at = list_sample(listed, at, size, &state);
    PdqAxis *axis = pdq_axis_new(size, listed->ends, listed->places, listed->weights);
    if (axis == NULL) FAIL("no memory");
    return axis;
}

static void reduce_plainly(const PdqPlane *plane, const Listed *rows, const Listed *columns, PdqReduced *reduced) {
    int32_t row_tap = 0;
    for (int row = 0; row < PDQ_SAMPLES; row++) {
        int32_t column_tap = 0;
        for (int column = 0; column < PDQ_SAMPLES; column++) {
            int64_t sum = 0;
            for (int32_t i = row_tap; i < rows->ends[row]; i++)
                for (int32_t j = column_tap; j < columns->ends[column]; j++)
                    sum += (int64_t)plane->pixels[rows->places[i] * plane->stride + columns->places[j]] *
                           rows->weights[i] * columns->weights[j];
            reduced->at[column][row] = (int32_t)((sum + (1 << 23)) >> 24);
            column_tap = columns->ends[column];
        }
        row_tap = rows->ends[row];
    }
}

static void transform_plainly(const PdqReduced *reduced, int64_t frequencies[PDQ_FREQUENCIES]) {
    for (int i = 0; i < PDQ_SIDE; i++) {
        int64_t lines[PDQ_SAMPLES] = {0};
        for (int column = 0; column < PDQ_SAMPLES; column++)
            for (int row = 0; row < PDQ_SAMPLES; row++)
                lines[column] += matrix[i][row] * (reduced->at[column][row] - (128 << 8));
        for (int j = 0; j < PDQ_SIDE; j++) {
            frequencies[i * PDQ_SIDE + j] = 0;
            for (int column = 0; column < PDQ_SAMPLES; column++)
                frequencies[i * PDQ_SIDE + j] += lines[column] * matrix[j][column];
        }
    }
}

static int by_value(const void *left, const void *right) {
    int64_t one = *(const int64_t *)left, two = *(const int64_t *)right;
    return (one > two) - (one < two);
}

static void set_bits_plainly(const int64_t frequencies[PDQ_FREQUENCIES], uint8_t *print) {
    int64_t sorted[PDQ_FREQUENCIES];
    memcpy(sorted, frequencies, sizeof sorted);
    qsort(sorted, PDQ_FREQUENCIES, sizeof *sorted, by_value);
    memset(print, 0, PDQ_BYTES);
    for (int i = 0; i < PDQ_FREQUENCIES; i++)
        if (frequencies[i] > sorted[PDQ_FREQUENCIES / 2 - 1]) print[PDQ_BYTES - 1 - i / 8] |= (uint8_t)(1 << i % 8);
}

static int quality_plainly(const PdqReduced *reduced) {
    int total = 0;
    for (int i = 0; i < PDQ_SAMPLES; i++)
        for (int j = 1; j < PDQ_SAMPLES; j++)
            total += abs(reduced->at[i][j] - reduced->at[i][j - 1]) * 100 / (255 << 8) +
                     abs(reduced->at[j][i] - reduced->at[j - 1][i]) * 100 / (255 << 8);
    return total / 90 < 100 ? total / 90 : 100;
}

static void compare_rest(const PdqReduced *reduced) {
    PdqFrequencies frequencies;
    int64_t expected[PDQ_FREQUENCIES];
    uint8_t print[PDQ_BYTES], expected_print[PDQ_BYTES];
    transform_plainly(reduced, expected);
    pdq_transform(reduced, &frequencies);
    for (int i = 0; i < PDQ_FREQUENCIES; i++)
        if (frequencies.at[i / PDQ_SIDE][i % PDQ_SIDE] != (double)expected[i]) FAIL("frequency %d differs", i);
    set_bits_plainly(expected, expected_print);
    pdq_bits(&frequencies, print);
    if (memcmp(print, expected_print, PDQ_BYTES) != 0) FAIL("a bit differs");
    if (pdq_quality(reduced) != quality_plainly(reduced)) FAIL("the quality differs");
}

/* Draw a plane whose memory ends with its last pixel, so that a sanitiser sees any step beyond. */
static uint8_t *make_plane(Case *given, PdqPlane *plane) {
    int32_t padding = (int32_t)draw(given, 3) * 13;
    plane->height = 1 + (int32_t)draw(given, MOST_SIDE - 1);
    plane->width = 1 + (int32_t)draw(given, MOST_SIDE - 1);
    plane->stride = plane->width + padding;
    size_t size = (size_t)plane->stride * (size_t)(plane->height - 1) + (size_t)plane->width;
    uint8_t *pixels = malloc(size);
    if (pixels == NULL) FAIL("no memory");
    uint32_t kind = draw(given, 3), state = draw(given, UINT32_MAX) | 1;
    for (size_t i = 0; i < size; i++) {
        uint32_t random = next_random(&state) >> 8;
        pixels[i] = (uint8_t)(kind == 0 ? random : kind == 1 ? (random & 1) * 255 : kind == 2 ? 255 : i * 255 / size);
    }
    plane->pixels = pixels;
    if (draw(given, 1)) {
        plane->pixels += plane->stride * (plane->height - 1);
        plane->stride = -plane->stride;
    }
    return pixels;
}

void check(const uint8_t *bytes, size_t count) {
    static Listed listed[PDQ_FLAVOURS][2];
    Case given = {bytes, count};
    PdqPlane plane;
    PdqAxis *axes[2][PDQ_FLAVOURS];
    PdqReduced expected[PDQ_FLAVOURS], reduced[PDQ_FLAVOURS];
    PdqScratch *scratch = aligned_alloc(64, sizeof *scratch);
    if (scratch == NULL) FAIL("no memory");
    uint8_t *pixels = make_plane(&given, &plane);
    int flavours = 1 + (int)draw(&given, 1);
    for (int flavour = 0; flavour < flavours; flavour++) {
        axes[0][flavour] = make_axis(&listed[flavour][0], plane.height, draw(&given, UINT32_MAX));
        axes[1][flavour] = make_axis(&listed[flavour][1], plane.width, draw(&given, UINT32_MAX));
        reduce_plainly(&plane, &listed[flavour][0], &listed[flavour][1], &expected[flavour]);
    }
    for (int variant = 0; variant < VARIANTS; variant++) {
        if (!variant_runs((Variant)variant)) continue;
        variant_use((Variant)variant);
        pdq_reduce(&plane, flavours, (const PdqAxis *const *)axes[0], (const PdqAxis *const *)axes[1], scratch,
                   reduced);
        for (int flavour = 0; flavour < flavours; flavour++) {
            if (memcmp(&reduced[flavour], &expected[flavour], sizeof *reduced) != 0)
                FAIL("%s: the reduced picture of %d x %d differs", variant_name((Variant)variant), plane.width,
                     plane.height);
            compare_rest(&reduced[flavour]);
        }
    }
    for (int flavour = 0; flavour < flavours; flavour++)
        pdq_axis_free(axes[0][flavour]), pdq_axis_free(axes[1][flavour]);
    free(pixels);
    free(scratch);
}
