/* What Python sees of the PDQ kernel. */
#include "kernels.h"

PyMethodDef pdq_methods[] = {
    {NULL, NULL, 0, NULL},
};
