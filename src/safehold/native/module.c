/* The Python module safehold.native._kernels: choosing a variant, and the functions of each kernel. */
#include <string.h>

#include "kernels.h"
#include "pdq.h"
#include "variant.h"

static PyObject *variants(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none)) {
    PyObject *names = PyList_New(0);
    if (names == NULL) return NULL;
    for (int variant = 0; variant < VARIANTS; variant++) {
        if (!variant_runs((Variant)variant)) continue;
        PyObject *name = PyUnicode_FromString(variant_name((Variant)variant));
        if (name == NULL || PyList_Append(names, name) < 0) {
            Py_XDECREF(name);
            Py_DECREF(names);
            return NULL;
        }
        Py_DECREF(name);
    }
    PyObject *fixed = PyList_AsTuple(names);
    Py_DECREF(names);
    return fixed;
}

static PyObject *variant(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none)) {
    return PyUnicode_FromString(variant_name(variant_in_use()));
}

static PyObject *select_variant(PyObject *Py_UNUSED(module), PyObject *wanted) {
    const char *name = PyUnicode_AsUTF8AndSize(wanted, NULL);
    if (name == NULL) return NULL;
    for (int other = 0; other < VARIANTS; other++) {
        if (variant_runs((Variant)other) && strcmp(name, variant_name((Variant)other)) == 0) {
            variant_use((Variant)other);
            Py_RETURN_NONE;
        }
    }
    PyErr_Format(PyExc_ValueError, "this processor has no variant '%s'", name);
    return NULL;
}

static PyMethodDef own_methods[] = {
    {"variants", variants, METH_NOARGS, PyDoc_STR("Name the variants that this processor can run, the best last.")},
    {"variant", variant, METH_NOARGS, PyDoc_STR("Name the variant in use.")},
    {"select", select_variant, METH_O, PyDoc_STR("Use a variant, for the whole process.")},
    {NULL, NULL, 0, NULL},
};

static int fill(PyObject *module) {
    variant_in_use();
    pdq_prepare();
    PyMethodDef *const kernels[] = {own_methods, KERNEL_METHODS};
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++)
        if (PyModule_AddFunctions(module, kernels[i]) < 0) return -1;
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_kernels",
    .m_doc = PyDoc_STR("Safehold's kernels in C; see safehold.native."),
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__kernels(void);
PyMODINIT_FUNC PyInit__kernels(void) { return PyModuleDef_Init(&definition); }
