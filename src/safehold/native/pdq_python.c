/* What Python sees of the PDQ kernel. */
#include "pdq.h"

#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "kernels.h"

static const char AXIS[] = "safehold.native.PdqAxis";

static void free_axis(PyObject *capsule) { pdq_axis_free(PyCapsule_GetPointer(capsule, AXIS)); }

/* Whether the ends rise from 1 to `count`, each sample has a weight, and its places rise within the axis. */
static int are_places(const int32_t *ends, const int32_t *places, Py_ssize_t count, int32_t size) {
    Py_ssize_t place = 0;
    for (int sample = 0; sample < PDQ_SAMPLES; sample++) {
        if (ends[sample] <= place || ends[sample] > count) return 0;
        for (int32_t last = -1; place < ends[sample]; last = places[place++])
            if (places[place] <= last || places[place] >= size) return 0;
    }
    return place == count;
}

/* Whether each sample's weights are positive and add up. */
static int are_weights(const int32_t *ends, const uint32_t *weights) {
    int32_t place = 0;
    for (int sample = 0; sample < PDQ_SAMPLES; sample++) {
        uint64_t total = 0;
        for (; place < ends[sample]; place++) {
            if (weights[place] == 0) return 0;
            total += weights[place];
        }
        if (total != PDQ_WEIGHTS) return 0;
    }
    return 1;
}

static PyObject *axis_from(long size, const Py_buffer *ends, const Py_buffer *places, const Py_buffer *weights) {
    if (size < 1 || size > PDQ_LONGEST || ends->shape[0] != PDQ_SAMPLES || places->shape[0] != weights->shape[0] ||
        !are_places(ends->buf, places->buf, places->shape[0], (int32_t)size) || !are_weights(ends->buf, weights->buf)) {
        PyErr_SetString(PyExc_ValueError, "not the reduction of an axis");
        return NULL;
    }
    PdqAxis *axis = pdq_axis_new((int32_t)size, ends->buf, places->buf, weights->buf);
    if (axis == NULL) return PyErr_NoMemory();
    PyObject *capsule = PyCapsule_New(axis, AXIS, free_axis);
    if (capsule == NULL) pdq_axis_free(axis);
    return capsule;
}

static PyObject *axis(PyObject *Py_UNUSED(module), PyObject *arguments) {
    static const Expected EXPECTED[3] = {{"ends", 'i', sizeof(int32_t), 1, 0},
                                         {"places", 'i', sizeof(int32_t), 1, 0},
                                         {"weights", 'I', sizeof(uint32_t), 1, 0}};
    long size;
    PyObject *objects[3], *made = NULL;
    Py_buffer views[3];
    if (!PyArg_ParseTuple(arguments, "lOOO:pdq_axis", &size, &objects[0], &objects[1], &objects[2])) return NULL;
    int opened = 0;
    while (opened < 3 && array_open(objects[opened], &EXPECTED[opened], &views[opened]) == 0) opened++;
    if (opened == 3) made = axis_from(size, &views[0], &views[1], &views[2]);
    while (opened > 0) PyBuffer_Release(&views[--opened]);
    return made;
}

/* The axes in a tuple of capsules, for `size` samples each. Return how many, or -1 with an error set. */
static int axes_from(PyObject *capsules, Py_ssize_t size, const PdqAxis **axes) {
    Py_ssize_t count = PyTuple_Size(capsules);
    if (count < 0) return -1;
    for (Py_ssize_t i = 0; i < count && i < PDQ_FLAVOURS; i++) {
        PyObject *capsule = PyTuple_GetItem(capsules, i);
        axes[i] = capsule == NULL ? NULL : PyCapsule_GetPointer(capsule, AXIS);
        if (axes[i] == NULL) return -1;
        if (axes[i]->size != size) {
            PyErr_SetString(PyExc_ValueError, "an axis is not of the plane's size");
            return -1;
        }
    }
    if (count < 1 || count > PDQ_FLAVOURS) PyErr_SetString(PyExc_ValueError, "one or two flavours are made");
    return count < 1 || count > PDQ_FLAVOURS ? -1 : (int)count;
}

/* A picture and how it is to be reduced. */
typedef struct {
    Py_buffer luma;
    PdqPlane plane;
    int flavours;
    const PdqAxis *rows[PDQ_FLAVOURS], *columns[PDQ_FLAVOURS];
    PdqReduced reduced[PDQ_FLAVOURS];
} Work;

/* Open a picture and its axes. Return 0, or -1 with an error set and nothing left open. */
static int work_open(PyObject *luma, PyObject *rows, PyObject *columns, Work *work) {
    static const Expected LUMA = {"luma", 'B', 1, 2, 0};
    if (rows_open(luma, &LUMA, &work->luma) < 0) return -1;
    work->flavours = axes_from(rows, work->luma.shape[0], work->rows);
    int of_columns = work->flavours < 0 ? -1 : axes_from(columns, work->luma.shape[1], work->columns);
    if (of_columns >= 0 && of_columns != work->flavours)
        PyErr_SetString(PyExc_ValueError, "there are not as many axes for rows as for columns");
    if (of_columns < 0 || of_columns != work->flavours) {
        PyBuffer_Release(&work->luma);
        return -1;
    }
    /* An axis has 1 to 65,536 samples, so both sizes fit. */
    work->plane =
        (PdqPlane){work->luma.buf, work->luma.strides[0], (int32_t)work->luma.shape[0], (int32_t)work->luma.shape[1]};
    return 0;
}

/* Reduce an opened picture and close it. Return 0, or -1 with an error set. */
static int work_reduce(Work *work) {
    int done = 0;
    Py_BEGIN_ALLOW_THREADS;
    PdqScratch *scratch = aligned_alloc(64, sizeof *scratch);
    if (scratch != NULL) {
        pdq_reduce(&work->plane, work->flavours, work->rows, work->columns, scratch, work->reduced);
        done = 1;
    }
    free(scratch);
    Py_END_ALLOW_THREADS;
    PyBuffer_Release(&work->luma);
    if (!done) PyErr_NoMemory();
    return done ? 0 : -1;
}

/* Everything after the reduction, for one flavour; `prints` has room for all that are wanted. */
static int finish(const PdqReduced *reduced, int turns, uint8_t *prints) {
    PdqFrequencies frequencies, turned;
    pdq_transform(reduced, &frequencies);
    for (int turn = 0; turn < turns; turn++) {
        pdq_turn(&frequencies, turn, &turned);
        pdq_bits(&turned, prints + turn * PDQ_BYTES);
    }
    return pdq_quality(reduced);
}

static PyObject *prints_of(const Work *work, int turns) {
    uint8_t prints[PDQ_FLAVOURS][PDQ_TURNS * PDQ_BYTES];
    int qualities[PDQ_FLAVOURS];
    Py_BEGIN_ALLOW_THREADS;
    for (int flavour = 0; flavour < work->flavours; flavour++)
        qualities[flavour] = finish(&work->reduced[flavour], turns, prints[flavour]);
    Py_END_ALLOW_THREADS;
    PyObject *made = PyTuple_New(work->flavours);
    for (int flavour = 0; made != NULL && flavour < work->flavours; flavour++) {
        PyObject *pair = Py_BuildValue("(y#i)", prints[flavour], (Py_ssize_t)turns * PDQ_BYTES, qualities[flavour]);
        if (pair == NULL || PyTuple_SetItem(made, flavour, pair) < 0) Py_CLEAR(made);
    }
    return made;
}

static PyObject *prints(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *luma, *rows, *columns;
    int all_turns;
    Work work;
    if (!PyArg_ParseTuple(arguments, "OO!O!p:pdq", &luma, &PyTuple_Type, &rows, &PyTuple_Type, &columns, &all_turns))
        return NULL;
    if (work_open(luma, rows, columns, &work) < 0 || work_reduce(&work) < 0) return NULL;
    return prints_of(&work, all_turns ? PDQ_TURNS : 1);
}

/* Open an array of two dimensions of one size, for the steps apart. Return 0, or -1 with an error set. */
static int square_open(PyObject *object, const Expected *expected, Py_ssize_t side, Py_buffer *view) {
    if (array_open(object, expected, view) < 0) return -1;
    if (view->shape[0] == side && view->shape[1] == side) return 0;
    PyErr_Format(PyExc_ValueError, "%s: expected %zd x %zd items", expected->name, side, side);
    PyBuffer_Release(view);
    return -1;
}

static const Expected REDUCED_IN = {"reduced", 'i', sizeof(int32_t), 2, 0};
static const Expected REDUCED_OUT = {"reduced", 'i', sizeof(int32_t), 2, 1};
static const Expected FREQUENCIES_OUT = {"frequencies", 'd', sizeof(double), 2, 1};

static PyObject *reduced(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *luma, *rows, *columns, *into;
    Py_buffer view;
    Work work;
    if (!PyArg_ParseTuple(arguments, "OO!O!O:pdq_reduce", &luma, &PyTuple_Type, &rows, &PyTuple_Type, &columns, &into))
        return NULL;
    if (square_open(into, &REDUCED_OUT, PDQ_SAMPLES, &view) < 0) return NULL;
    int done = work_open(luma, rows, columns, &work) == 0 && work_reduce(&work) == 0;
    if (done) {
        int32_t(*at)[PDQ_SAMPLES] = view.buf;
        for (int row = 0; row < PDQ_SAMPLES; row++)
            for (int column = 0; column < PDQ_SAMPLES; column++) at[row][column] = work.reduced[0].at[column][row];
    }
    PyBuffer_Release(&view);
    if (!done) return NULL;
    Py_RETURN_NONE;
}

/* Copy a reduced picture from Python. Return whether all values are in their range. */
static int reduced_from(const int32_t (*at)[PDQ_SAMPLES], PdqReduced *reduced) {
    int fits = 1;
    for (int row = 0; row < PDQ_SAMPLES; row++) {
        for (int column = 0; column < PDQ_SAMPLES; column++) {
            fits &= at[row][column] >= 0 && at[row][column] <= 255 << 8;
            reduced->at[column][row] = at[row][column];
        }
    }
    return fits;
}

static PyObject *transformed(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *from, *into;
    Py_buffer picture, view;
    PdqReduced reduced;
    PdqFrequencies frequencies;
    if (!PyArg_ParseTuple(arguments, "OO:pdq_transform", &from, &into)) return NULL;
    if (square_open(from, &REDUCED_IN, PDQ_SAMPLES, &picture) < 0) return NULL;
    int fits = reduced_from(picture.buf, &reduced);
    PyBuffer_Release(&picture);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "reduced: a value is outside 0..65280");
        return NULL;
    }
    if (square_open(into, &FREQUENCIES_OUT, PDQ_SIDE, &view) < 0) return NULL;
    pdq_transform(&reduced, &frequencies);
    memcpy(view.buf, frequencies.at, sizeof frequencies.at);
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

PyMethodDef pdq_methods[] = {
    {"pdq_axis", axis, METH_VARARGS, PyDoc_STR("Prepare the reduction of an axis.")},
    {"pdq", prints, METH_VARARGS, PyDoc_STR("Fingerprint a plane.")},
    {"pdq_reduce", reduced, METH_VARARGS, PyDoc_STR("Reduce a plane to 64 x 64.")},
    {"pdq_transform", transformed, METH_VARARGS, PyDoc_STR("Transform a reduced picture.")},
    {NULL, NULL, 0, NULL},
};
