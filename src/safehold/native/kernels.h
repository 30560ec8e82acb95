/* The functions that each kernel gives to Python. A new kernel adds its table here, and nothing else changes. */
#ifndef SAFEHOLD_KERNELS_H
#define SAFEHOLD_KERNELS_H

#include "python.h"

extern PyMethodDef digests_methods[];
extern PyMethodDef jpeg_methods[];
extern PyMethodDef pdq_methods[];
extern PyMethodDef search_methods[];
extern PyMethodDef tar_methods[];

#define KERNEL_METHODS digests_methods, jpeg_methods, pdq_methods, search_methods, tar_methods

#endif
