/* Python objects as the memory of a kernel: checked before any kernel sees it. */
#ifndef SAFEHOLD_ARGUMENTS_H
#define SAFEHOLD_ARGUMENTS_H

#include "python.h"

/* What a kernel expects of an array. */
typedef struct {
    const char *name; /* for the error message */
    char format; /* struct code of the items: 'B' uint8, 'i' int32, 'I' uint32, 'q' int64, 'Q' uint64, 'd' float64 */
    Py_ssize_t itemsize; /* bytes an item */
    int dimensions;      /* how many */
    int is_written;      /* whether the kernel writes to it */
} Expected;

/* Open an array: contiguous in C order, aligned, of the expected kind. Return 0, or -1 with a Python error set.
 * The caller releases it with PyBuffer_Release. */
int array_open(PyObject *object, const Expected *expected, Py_buffer *view);

/* As array_open, but the rows may be any distance apart (also backwards); the items of a row are side by side. Two
 * dimensions. */
int rows_open(PyObject *object, const Expected *expected, Py_buffer *view);

#endif
