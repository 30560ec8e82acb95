#include "arguments.h"

#include <stdint.h>
#include <string.h>

/* Whether two struct codes mean the same items: 'l' and 'q' are both 8 bytes on 64-bit Unix, 'l' and 'i' 4 on Windows.
 * Codes with a byte order ('<d') are those of arrays in the machine's own order only if numpy says so with '='. */
static int is_same_kind(const char *format, char expected) {
    static const char *const SIGNED = "bhilq", *const UNSIGNED = "BHILQ", *const REAL = "fd";
    if (format == NULL) return expected == 'B';
    if (format[0] == '@' || format[0] == '=') format++;
    if (format[0] == '\0' || format[1] != '\0') return 0;
    if (strchr(SIGNED, expected)) return strchr(SIGNED, format[0]) != NULL;
    if (strchr(UNSIGNED, expected)) return strchr(UNSIGNED, format[0]) != NULL;
    return strchr(REAL, expected) && strchr(REAL, format[0]) != NULL;
}

static int is_expected(const Py_buffer *view, const Expected *expected) {
    if (view->ndim != expected->dimensions || view->itemsize != expected->itemsize ||
        !is_same_kind(view->format, expected->format)) {
        PyErr_Format(PyExc_TypeError, "%s: expected %d dimensions of items '%c' of %zd bytes, got %d of '%s'",
                     expected->name, expected->dimensions, expected->format, expected->itemsize, view->ndim,
                     view->format ? view->format : "B");
        return 0;
    }
    if ((uintptr_t)view->buf % (uintptr_t)expected->itemsize != 0) {
        PyErr_Format(PyExc_ValueError, "%s: its items are not aligned in memory", expected->name);
        return 0;
    }
    return 1;
}

static int opened(PyObject *object, const Expected *expected, Py_buffer *view, int flags) {
    if (PyObject_GetBuffer(object, view, flags | (expected->is_written ? PyBUF_WRITABLE : 0)) < 0) return -1;
    if (!is_expected(view, expected)) {
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

int array_open(PyObject *object, const Expected *expected, Py_buffer *view) {
    return opened(object, expected, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT);
}

int rows_open(PyObject *object, const Expected *expected, Py_buffer *view) {
    if (opened(object, expected, view, PyBUF_STRIDES | PyBUF_FORMAT) < 0) return -1;
    if (view->shape[1] > 1 && view->strides[1] != view->itemsize) {
        PyErr_Format(PyExc_ValueError, "%s: the items of a row are not side by side in memory", expected->name);
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}
