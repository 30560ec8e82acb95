/* PDQ of a luma plane, in whole numbers: the same result, bit for bit, as the numpy engine in safehold.signals.
 *
 * The steps and the bounds that make them exact are those of docs/adr/0002-pdq-arithmetic.md. No Python here. */
#ifndef SAFEHOLD_PDQ_H
#define SAFEHOLD_PDQ_H

#include <stddef.h>
#include <stdint.h>

#define PDQ_SAMPLES 64      /* an axis is reduced to so many samples */
#define PDQ_HALF 32         /* half of them: cosines mirror there */
#define PDQ_SIDE 16         /* frequencies kept on an axis */
#define PDQ_FREQUENCIES 256 /* PDQ_SIDE squared */
#define PDQ_BYTES 32        /* of a print */
#define PDQ_TURNS 8         /* turned and mirrored forms of a picture */
#define PDQ_FLAVOURS 2      /* the most that are made in one pass */
#define PDQ_LONGEST 65536   /* longest axis */
#define PDQ_WEIGHTS 65536   /* what the weights of one sample add up to */
#define PDQ_STRIP 512       /* columns that are summed at a time: scratch stays small whatever the picture */
#define PDQ_STRIDE 528      /* items from one row of sums to the next: rows a power of two apart share cache sets */

/* Two samples of an axis and their weights, each below 2^15: a signed 16-bit multiplication takes them. */
typedef struct {
    int32_t first, second; /* places on the axis */
    uint32_t weights;      /* of the first in the lower half, of the second in the upper */
} PdqPair;

/* One sample of an axis and its weight, a whole number up to 2^16. */
typedef struct {
    double weight;
    int32_t place;
} PdqTap;

/* The reduction of one axis, in both forms: rows are summed by pairs, columns by taps. */
typedef struct {
    int32_t size;
    int32_t pair_end[PDQ_SAMPLES]; /* sample s has the pairs from pair_end[s - 1] (0 for the first) to pair_end[s] */
    int32_t tap_end[PDQ_SAMPLES];
    PdqPair *pairs;
    PdqTap *taps; /* of each sample, in rising order of places */
} PdqAxis;

/* A luma plane; rows may be any distance apart, also backwards. */
typedef struct {
    const uint8_t *pixels;
    ptrdiff_t stride; /* bytes from one row to the next */
    int32_t height, width;
} PdqPlane;

/* Everything that a pass over a picture writes before there is a result. */
typedef struct {
    _Alignas(64) uint32_t sums[PDQ_FLAVOURS][PDQ_SAMPLES][PDQ_STRIDE]; /* rows done; a strip of columns */
    _Alignas(64) int32_t across[PDQ_STRIDE][PDQ_SAMPLES];              /* the same, columns as rows */
    _Alignas(64) double whole[PDQ_FLAVOURS][PDQ_SAMPLES][PDQ_SAMPLES]; /* rows and columns done; column, row */
} PdqScratch;

/* A reduced picture, in units of 1/256 of a luma step: [column][row]. */
typedef struct {
    _Alignas(64) int32_t at[PDQ_SAMPLES][PDQ_SAMPLES];
} PdqReduced;

/* The frequencies of a reduced picture, whole numbers below 2^53: [row][column]. */
typedef struct {
    _Alignas(64) double at[PDQ_SIDE][PDQ_SIDE];
} PdqFrequencies;

/* Build an axis. The caller has checked: 1 <= size <= PDQ_LONGEST; ends rise to the number of places; the places of
 * each sample rise and are within the axis; its weights are positive and add up to PDQ_WEIGHTS. NULL: no memory. */
PdqAxis *pdq_axis_new(int32_t size, const int32_t *ends, const int32_t *places, const uint32_t *weights);
void pdq_axis_free(PdqAxis *axis);

/* Fill the table of cosines; once, before any other function. */
void pdq_prepare(void);

/* Reduce a plane to 64 x 64, once for each flavour. rows[f]->size is the plane's height, columns[f]->size its width. */
void pdq_reduce(const PdqPlane *plane, int flavours, const PdqAxis *const *rows, const PdqAxis *const *columns,
                PdqScratch *scratch, PdqReduced *reduced);

/* Transform a reduced picture. Its values are 0..65280. */
void pdq_transform(const PdqReduced *reduced, PdqFrequencies *frequencies);

/* The quality of a reduced picture, 0..100. */
int pdq_quality(const PdqReduced *reduced);

/* The 32 bytes of a print. */
void pdq_bits(const PdqFrequencies *frequencies, uint8_t *print);

/* The frequencies of one of the eight turned forms, in the order of safehold.signals.Turn. */
void pdq_turn(const PdqFrequencies *frequencies, int turn, PdqFrequencies *turned);

#endif
