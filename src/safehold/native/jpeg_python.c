/* What Python sees of looking for a JPEG's end. */
#include "arguments.h"
#include "jpeg.h"
#include "kernels.h"

static PyObject *end(PyObject *Py_UNUSED(module), PyObject *data) {
    static const Expected DATA = {"data", 'B', 1, 1, 0};
    Py_buffer view;
    ptrdiff_t found, late;
    if (array_open(data, &DATA, &view) < 0) return NULL;
    Py_BEGIN_ALLOW_THREADS;
    found = jpeg_end(view.buf, view.len, &late);
    Py_END_ALLOW_THREADS;
    PyBuffer_Release(&view);
    return Py_BuildValue("(nn)", (Py_ssize_t)found, (Py_ssize_t)late);
}

PyMethodDef jpeg_methods[] = {
    {"jpeg_end", end, METH_O, PyDoc_STR("Find where a JPEG ends, and the first late segment.")},
    {NULL, NULL, 0, NULL},
};
