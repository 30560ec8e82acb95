/* What Python sees of the walk along a tar. */
#include "arguments.h"
#include "kernels.h"
#include "tar.h"

static int is_refused(const TarSource *source, long long at, const Py_buffer *places, const Py_buffer *names) {
    const char *why = NULL;
    if (source->size < 0 || source->size > TAR_MOST) why = "size: out of range";
    else if (at < 0 || at > TAR_MOST) why = "at: out of range";
    else if (places->shape[1] != 2) why = "places: expected two columns";
    else if (names->len / (TAR_NAME + 1) < places->shape[0]) why = "names: too short for as many places";
    if (why != NULL) PyErr_SetString(PyExc_ValueError, why);
    return why != NULL;
}

static PyObject *walked(const TarSource *source, long long at, PyObject *places, PyObject *names) {
    static const Expected PLACES = {"places", 'q', 8, 2, 1}, NAMES = {"names", 'B', 1, 1, 1};
    Py_buffer of_places, of_names;
    PyObject *told = NULL;
    if (array_open(places, &PLACES, &of_places) < 0) return NULL;
    if (array_open(names, &NAMES, &of_names) == 0) {
        if (!is_refused(source, at, &of_places, &of_names)) {
            TarRun run = {.places = of_places.buf, .most = of_places.shape[0], .names = of_names.buf};
            int64_t next;
            Py_BEGIN_ALLOW_THREADS;
            next = tar_run(source, at, &run);
            Py_END_ALLOW_THREADS;
            told = Py_BuildValue("(nnL)", (Py_ssize_t)run.count, (Py_ssize_t)run.names_length, (long long)next);
        }
        PyBuffer_Release(&of_names);
    }
    PyBuffer_Release(&of_places);
    return told;
}

static PyObject *run_of_file(PyObject *Py_UNUSED(module), PyObject *arguments) {
    int descriptor;
    long long size, at;
    PyObject *places, *names;
    if (!PyArg_ParseTuple(arguments, "iLLOO", &descriptor, &size, &at, &places, &names)) return NULL;
    const TarSource source = {.descriptor = descriptor, .size = size};
    return walked(&source, at, places, names);
}

static PyObject *run_of_bytes(PyObject *Py_UNUSED(module), PyObject *arguments) {
    static const Expected DATA = {"data", 'B', 1, 1, 0};
    PyObject *data, *places, *names;
    long long at;
    Py_buffer view;
    if (!PyArg_ParseTuple(arguments, "OLOO", &data, &at, &places, &names)) return NULL;
    if (array_open(data, &DATA, &view) < 0) return NULL;
    PyObject *told = NULL;
    const TarSource source = {.bytes = view.buf, .descriptor = -1, .size = view.len};
    if (view.len == 0) told = Py_BuildValue("(nnL)", (Py_ssize_t)0, (Py_ssize_t)0, at);
    else told = walked(&source, at, places, names);
    PyBuffer_Release(&view);
    return told;
}

PyMethodDef tar_methods[] = {
    {"tar_run_of_file", run_of_file, METH_VARARGS, PyDoc_STR("Walk past plain headers of a tar in an open file.")},
    {"tar_run_of_bytes", run_of_bytes, METH_VARARGS, PyDoc_STR("Walk past plain headers of a tar in memory.")},
    {NULL, NULL, 0, NULL},
};
