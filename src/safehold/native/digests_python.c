/* What Python sees of digesting. */
#include <stdlib.h>

#include "arguments.h"
#include "digests.h"
#include "kernels.h"

static const char WHOLE[] = "safehold.native.Sha256";
static const Expected DATA = {"data", 'B', 1, 1, 0};

/* The SHA-256 of a file, as far as it has gone by. */
typedef struct {
    Digests digests; /* of which `sha256` alone is used */
    uint64_t bytes;
} Whole;

static void free_whole(PyObject *capsule) { free(PyCapsule_GetPointer(capsule, WHOLE)); }

static int may_run(void) {
    if (!digests_run()) PyErr_SetString(PyExc_ValueError, "this processor has no instructions for it");
    return digests_run();
}

static PyObject *offers(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none)) {
    return PyBool_FromLong(digests_run());
}

static PyObject *as_bytes(const Digests *made) {
    uint8_t sha256[32], sha1[20], md5[16];
    digests_write_sha(made->sha256, 8, sha256);
    digests_write_sha(made->sha1, 5, sha1);
    digests_write_md5(made->md5, md5);
    return Py_BuildValue("(y#y#y#)", sha256, (Py_ssize_t)sizeof sha256, sha1, (Py_ssize_t)sizeof sha1, md5,
                         (Py_ssize_t)sizeof md5);
}

static PyObject *digest(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *data, *capsule = Py_None;
    Whole *whole = NULL;
    Py_buffer view;
    if (!PyArg_ParseTuple(arguments, "O|O:digest", &data, &capsule) || !may_run()) return NULL;
    if (capsule != Py_None && (whole = PyCapsule_GetPointer(capsule, WHOLE)) == NULL) return NULL;
    if (array_open(data, &DATA, &view) < 0) return NULL;
    Digests made = digests_begun();
    Py_BEGIN_ALLOW_THREADS;
    size_t blocks = (size_t)view.len / DIGEST_BLOCK, rest = (size_t)view.len % DIGEST_BLOCK;
    digests_take(&made, whole ? whole->digests.sha256 : NULL, view.buf, blocks);
    if (whole) whole->bytes += blocks * DIGEST_BLOCK;
    digests_end(&made, (const uint8_t *)view.buf + blocks * DIGEST_BLOCK, rest, (uint64_t)view.len);
    Py_END_ALLOW_THREADS;
    PyBuffer_Release(&view);
    return as_bytes(&made);
}

static PyObject *sha256_open(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none)) {
    if (!may_run()) return NULL;
    Whole *whole = malloc(sizeof *whole);
    if (whole == NULL) return PyErr_NoMemory();
    *whole = (Whole){digests_begun(), 0};
    PyObject *capsule = PyCapsule_New(whole, WHOLE, free_whole);
    if (capsule == NULL) free(whole);
    return capsule;
}

static PyObject *sha256_take(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *capsule, *data;
    Py_buffer view;
    if (!PyArg_ParseTuple(arguments, "OO:sha256_take", &capsule, &data)) return NULL;
    Whole *whole = PyCapsule_GetPointer(capsule, WHOLE);
    if (whole == NULL || array_open(data, &DATA, &view) < 0) return NULL;
    Py_ssize_t rest = view.len % DIGEST_BLOCK;
    if (rest == 0) {
        Py_BEGIN_ALLOW_THREADS;
        digests_take_sha256(whole->digests.sha256, view.buf, (size_t)view.len / DIGEST_BLOCK);
        whole->bytes += (uint64_t)view.len;
        Py_END_ALLOW_THREADS;
    }
    PyBuffer_Release(&view);
    if (rest == 0) Py_RETURN_NONE;
    PyErr_SetString(PyExc_ValueError, "whole blocks of 64 bytes are expected");
    return NULL;
}

static PyObject *sha256_close(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *capsule, *data;
    Py_buffer view;
    if (!PyArg_ParseTuple(arguments, "OO:sha256_close", &capsule, &data)) return NULL;
    const Whole *whole = PyCapsule_GetPointer(capsule, WHOLE);
    if (whole == NULL || array_open(data, &DATA, &view) < 0) return NULL;
    Digests made = whole->digests;
    Py_BEGIN_ALLOW_THREADS;
    size_t blocks = (size_t)view.len / DIGEST_BLOCK, rest = (size_t)view.len % DIGEST_BLOCK;
    digests_take_sha256(made.sha256, view.buf, blocks);
    digests_end(&made, (const uint8_t *)view.buf + blocks * DIGEST_BLOCK, rest, whole->bytes + (uint64_t)view.len);
    Py_END_ALLOW_THREADS;
    PyBuffer_Release(&view);
    uint8_t sha256[32];
    digests_write_sha(made.sha256, 8, sha256);
    return PyBytes_FromStringAndSize((const char *)sha256, sizeof sha256);
}

PyMethodDef digests_methods[] = {
    {"digest_runs", offers, METH_NOARGS, PyDoc_STR("Whether this processor and variant can do what follows.")},
    {"digest", digest, METH_VARARGS, PyDoc_STR("Digest bytes with SHA-256, SHA-1 and MD5.")},
    {"sha256_open", sha256_open, METH_NOARGS, PyDoc_STR("Begin the SHA-256 of a file.")},
    {"sha256_take", sha256_take, METH_VARARGS, PyDoc_STR("Take blocks into the SHA-256 of a file.")},
    {"sha256_close", sha256_close, METH_VARARGS, PyDoc_STR("Return the SHA-256 of a file that ends so.")},
    {NULL, NULL, 0, NULL},
};
