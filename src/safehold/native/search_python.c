/* What Python sees of the search. */
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "kernels.h"
#include "search.h"

#define CAPSULE "safehold.native.segment"

enum { FEW_PAIRS = 64 };

enum { VALUES, ORDER, STARTS, ROWS, NEXT_WORDS, SPILL_STARTS, SPILL_WORDS, VIEWS };

static const Expected EXPECTED[VIEWS] = {
    [VALUES] = {"values", 'B', 1, 2, 0},
    [ORDER] = {"order", 'B', 1, 1, 0},
    [STARTS] = {"starts", 'I', 4, 2, 0},
    [ROWS] = {"rows", 'B', 1, 3, 0},
    [NEXT_WORDS] = {"next_words", 'H', 2, 3, 0},
    [SPILL_STARTS] = {"spill_starts", 'I', 4, 2, 0},
    [SPILL_WORDS] = {"spill_words", 'H', 2, 1, 0},
};

/* A segment with the arrays that it keeps alive. */
typedef struct {
    Segment segment;
    Py_buffer view[VIEWS];
    int views;
    uint8_t *is_spilled;
} Held;

static void let_go(Held *held) {
    for (int view = 0; view < held->views; view++) PyBuffer_Release(&held->view[view]);
    free(held->is_spilled);
    free(held);
}

static void on_end(PyObject *capsule) {
    Held *const held = PyCapsule_GetPointer(capsule, CAPSULE);
    if (held != NULL) let_go(held);
}

static int wrong(const char *what) {
    PyErr_SetString(PyExc_ValueError, what);
    return -1;
}

static int check_values(const Py_buffer *values, const Py_buffer *order) {
    if (values->shape[1] != 32) return wrong("values: rows of 32 bytes are expected");
    if ((uintptr_t)values->buf % sizeof(uint64_t) != 0) return wrong("values: they are not aligned to 8 bytes");
    if (values->shape[0] > (Py_ssize_t)UINT32_MAX) return wrong("values: there are too many rows");
    if (order->shape[0] != 256) return wrong("order: 256 places are expected");
    return 0;
}

static int check_tables(const Py_buffer *view) {
    const Py_ssize_t rows = view[VALUES].shape[0], bytes = view[ROWS].shape[2], width = view[NEXT_WORDS].shape[2];
    if (view[STARTS].shape[0] != SEARCH_WORDS || view[STARTS].shape[1] != SEARCH_KEYS + 1)
        return wrong("starts: its shape is not (16, 65537)");
    if (view[SPILL_STARTS].shape[0] != SEARCH_WORDS || view[SPILL_STARTS].shape[1] != SEARCH_KEYS + 1)
        return wrong("spill_starts: its shape is not (16, 65537)");
    if (view[ROWS].shape[0] != SEARCH_WORDS || view[ROWS].shape[1] != rows || (bytes != 3 && bytes != 4))
        return wrong("rows: its shape is not (16, rows, 3 or 4)");
    if (view[NEXT_WORDS].shape[0] != SEARCH_WORDS || view[NEXT_WORDS].shape[1] != SEARCH_KEYS || width < 1 ||
        width > (Py_ssize_t)SEARCH_WIDEST)
        return wrong("next_words: its shape is not (16, 65536, width of at most 65536)");
    return 0;
}

static int fill_segment(Held *held) {
    const Py_buffer *const view = held->view;
    if (check_values(&view[VALUES], &view[ORDER]) < 0) return -1;
    held->segment.values = view[VALUES].buf;
    held->segment.rows = (uint64_t)view[VALUES].shape[0];
    if (held->views == STARTS) return 0;
    if (check_tables(view) < 0) return -1;
    held->segment.starts = view[STARTS].buf;
    held->segment.row_numbers = view[ROWS].buf;
    held->segment.row_bytes = (uint32_t)view[ROWS].shape[2];
    held->segment.next_words = view[NEXT_WORDS].buf;
    held->segment.width = (uint32_t)view[NEXT_WORDS].shape[2];
    held->segment.spill_starts = view[SPILL_STARTS].buf;
    held->segment.spill_words = view[SPILL_WORDS].buf;
    held->segment.spilled = (uint64_t)view[SPILL_WORDS].shape[0];
    held->is_spilled = malloc(SEARCH_WORDS * SEARCH_KEYS / 8);
    if (held->is_spilled == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    held->segment.is_spilled = held->is_spilled;
    held->segment.largest = search_mark_spilled(held->segment.starts, held->segment.width, held->is_spilled);
    return 0;
}

static PyObject *hamming_open(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *given[VIEWS] = {NULL};
    if (!PyArg_ParseTuple(arguments, "OO|(OOOOO)", &given[VALUES], &given[ORDER], &given[STARTS], &given[ROWS],
                          &given[NEXT_WORDS], &given[SPILL_STARTS], &given[SPILL_WORDS]))
        return NULL;
    Held *const held = calloc(1, sizeof *held);
    if (held == NULL) return PyErr_NoMemory();
    const int views = given[STARTS] == NULL ? STARTS : VIEWS;
    for (; held->views < views; held->views++)
        if (array_open(given[held->views], &EXPECTED[held->views], &held->view[held->views]) < 0) {
            let_go(held);
            return NULL;
        }
    PyObject *const capsule = fill_segment(held) < 0 ? NULL : PyCapsule_New(held, CAPSULE, on_end);
    if (capsule == NULL) let_go(held);
    return capsule;
}

static PyObject *state_answer(SearchState state, size_t count) {
    switch (state) {
    case SEARCH_DONE:
        return PyLong_FromSize_t(count);
    case SEARCH_TOO_MANY:
        return PyLong_FromLong(-1);
    case SEARCH_DAMAGED:
        wrong("the segment's numbers lead outside of it");
        return NULL;
    default:
        return PyErr_NoMemory();
    }
}

static int check_asked(const Py_buffer *asked, unsigned int threshold) {
    if (asked->shape[1] == 32 && asked->shape[0] <= SEARCH_MOST_QUERIES && threshold <= 256) return 0;
    return wrong("values: at most 65536 rows of 32 bytes and a threshold of at most 256 are expected");
}

static Question question_of(const Held *held, const Py_buffer *asked, uint32_t threshold, uint32_t linear_rows) {
    const Question question = {
        .values = asked->buf,
        .queries = (uint32_t)asked->shape[0],
        .order = held->view[ORDER].buf,
        .threshold = threshold,
        .linear_rows = linear_rows,
    };
    return question;
}

static PyObject *hamming_search(PyObject *Py_UNUSED(module), PyObject *arguments) {
    static const Expected PAIRS = {"pairs", 'Q', 8, 1, 1};
    PyObject *capsule, *values, *pairs;
    unsigned int threshold, linear_rows;
    if (!PyArg_ParseTuple(arguments, "OOIIO", &capsule, &values, &threshold, &linear_rows, &pairs)) return NULL;
    const Held *const held = PyCapsule_GetPointer(capsule, CAPSULE);
    if (held == NULL) return NULL;
    Py_buffer asked, found;
    if (array_open(values, &EXPECTED[VALUES], &asked) < 0) return NULL;
    if (array_open(pairs, &PAIRS, &found) < 0) {
        PyBuffer_Release(&asked);
        return NULL;
    }
    PyObject *answered = NULL;
    if (check_asked(&asked, threshold) == 0) {
        const Question question = question_of(held, &asked, threshold, linear_rows);
        Answer answer = {found.buf, (size_t)found.shape[0], 0};
        SearchState state;
        Py_BEGIN_ALLOW_THREADS
        state = search_segment(&held->segment, &question, &answer);
        Py_END_ALLOW_THREADS
        answered = state_answer(state, answer.pairs);
    }
    PyBuffer_Release(&found);
    PyBuffer_Release(&asked);
    return answered;
}

static int by_number(const void *left, const void *right) {
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Return the pairs in order as a tuple of numbers. */
static PyObject *ordered_pairs(Answer *answer) {
    if (answer->pairs > 1) qsort(answer->pair, answer->pairs, sizeof *answer->pair, by_number);
    PyObject *const found = PyTuple_New((Py_ssize_t)answer->pairs);
    for (size_t place = 0; found != NULL && place < answer->pairs; place++) {
        PyObject *const pair = PyLong_FromUnsignedLongLong(answer->pair[place]);
        if (pair == NULL || PyTuple_SetItem(found, (Py_ssize_t)place, pair) < 0) {
            Py_DECREF(found);
            return NULL;
        }
    }
    return found;
}

static PyObject *hamming_few(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *capsule, *values;
    unsigned int threshold, linear_rows;
    if (!PyArg_ParseTuple(arguments, "OOII", &capsule, &values, &threshold, &linear_rows)) return NULL;
    const Held *const held = PyCapsule_GetPointer(capsule, CAPSULE);
    if (held == NULL) return NULL;
    Py_buffer asked;
    if (array_open(values, &EXPECTED[VALUES], &asked) < 0) return NULL;
    if (check_asked(&asked, threshold) < 0) {
        PyBuffer_Release(&asked);
        return NULL;
    }
    uint64_t pair[FEW_PAIRS];
    const Question question = question_of(held, &asked, threshold, linear_rows);
    Answer answer = {pair, FEW_PAIRS, 0};
    SearchState state;
    Py_BEGIN_ALLOW_THREADS
    state = search_segment(&held->segment, &question, &answer);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&asked);
    if (state == SEARCH_DONE) return ordered_pairs(&answer);
    if (state == SEARCH_TOO_MANY) Py_RETURN_NONE;
    return state_answer(state, 0);
}

static PyObject *hamming_permute(PyObject *Py_UNUSED(module), PyObject *arguments) {
    static const Expected PERMUTED = {"permuted", 'B', 1, 2, 1};
    PyObject *object[3];
    Py_buffer values, order, permuted;
    if (!PyArg_ParseTuple(arguments, "OOO", &object[0], &object[1], &object[2])) return NULL;
    if (array_open(object[0], &EXPECTED[VALUES], &values) < 0) return NULL;
    if (array_open(object[1], &EXPECTED[ORDER], &order) < 0) {
        PyBuffer_Release(&values);
        return NULL;
    }
    if (array_open(object[2], &PERMUTED, &permuted) < 0) {
        PyBuffer_Release(&order);
        PyBuffer_Release(&values);
        return NULL;
    }
    const int fits = values.shape[1] == 32 && permuted.shape[1] == 32 && permuted.shape[0] == values.shape[0] &&
                     order.shape[0] == 256;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        search_permute(values.buf, (size_t)values.shape[0], order.buf, permuted.buf);
        Py_END_ALLOW_THREADS
    } else {
        wrong("values and permuted: as many rows of 32 bytes are expected, and an order of 256 places");
    }
    PyBuffer_Release(&permuted);
    PyBuffer_Release(&order);
    PyBuffer_Release(&values);
    if (!fits) return NULL;
    Py_RETURN_NONE;
}

/* The views of building, in the order of VALUES, STARTS, ROWS, NEXT_WORDS, SPILL_STARTS, SPILL_WORDS. */
static int check_building(const Py_buffer *view) {
    if (view[VALUES].shape[1] != 32 || (uintptr_t)view[VALUES].buf % sizeof(uint16_t) != 0)
        return wrong("values: aligned rows of 32 bytes are expected");
    return check_tables(view);
}

static PyObject *hamming_build(PyObject *Py_UNUSED(module), PyObject *arguments) {
    static const int ORDERED[] = {VALUES, STARTS, ROWS, NEXT_WORDS, SPILL_STARTS, SPILL_WORDS};
    enum { GIVEN = sizeof ORDERED / sizeof ORDERED[0] };
    PyObject *object[GIVEN];
    Py_buffer view[VIEWS];
    if (!PyArg_ParseTuple(arguments, "OOOOOO", &object[0], &object[1], &object[2], &object[3], &object[4], &object[5]))
        return NULL;
    int opened = 0;
    PyObject *done = NULL;
    for (; opened < GIVEN; opened++) {
        Expected expected = EXPECTED[ORDERED[opened]];
        expected.is_written = ORDERED[opened] == ROWS || ORDERED[opened] == NEXT_WORDS || ORDERED[opened] == SPILL_WORDS;
        if (array_open(object[opened], &expected, &view[ORDERED[opened]]) < 0) break;
    }
    if (opened == GIVEN && check_building(view) == 0) {
        const Building building = {
            .words = view[VALUES].buf,
            .rows = (size_t)view[VALUES].shape[0],
            .starts = view[STARTS].buf,
            .row_numbers = view[ROWS].buf,
            .row_bytes = (uint32_t)view[ROWS].shape[2],
            .next_words = view[NEXT_WORDS].buf,
            .width = (uint32_t)view[NEXT_WORDS].shape[2],
            .spill_starts = view[SPILL_STARTS].buf,
            .spill_words = view[SPILL_WORDS].buf,
            .spilled = (uint64_t)view[SPILL_WORDS].shape[0],
        };
        SearchState state;
        Py_BEGIN_ALLOW_THREADS
        state = search_fill(&building);
        Py_END_ALLOW_THREADS
        done = state_answer(state, 0);
    }
    while (opened-- > 0) PyBuffer_Release(&view[ORDERED[opened]]);
    return done;
}

PyMethodDef search_methods[] = {
    {"hamming_open", hamming_open, METH_VARARGS, PyDoc_STR("Hold the arrays of a segment for searching.")},
    {"hamming_search", hamming_search, METH_VARARGS, PyDoc_STR("Find the pairs within a threshold.")},
    {"hamming_few", hamming_few, METH_VARARGS, PyDoc_STR("Find the pairs within a threshold, if they are few.")},
    {"hamming_permute", hamming_permute, METH_VARARGS, PyDoc_STR("Put the bits of values in an order.")},
    {"hamming_build", hamming_build, METH_VARARGS, PyDoc_STR("Fill the tables of a segment.")},
    {NULL, NULL, 0, NULL},
};
