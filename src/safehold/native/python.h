/* Python's stable interface (since 3.11), in the one order of definitions that it needs. */
#ifndef SAFEHOLD_PYTHON_H
#define SAFEHOLD_PYTHON_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#endif
