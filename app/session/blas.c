#include "app/session/blas.h"

#include <cblas.h>

int blas_threads(void)
{
    return openblas_get_num_threads();
}

/* The caller's buffer is mapped by the first product that needs one. */
void blas_map_buffers(int threads)
{
    double one = 1, square = 0;
    if (openblas_get_num_threads() < threads) openblas_set_num_threads(threads);
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, 1, 1, 1, &one, 1, 0, &square, 1);
}
