/* Matrix product: OpenBLAS with its own threads, called outside of OpenMP regions. */
#include "engine/kernels/vector/fast.h"

#include <cblas.h>

void product_fast(const struct kernel_run *run, bool ta, bool tb, int m, int n, int k, float alpha, const float *a,
                  int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    if (m == 0 || n == 0) return;
    if (openblas_get_num_threads() != run->threads) openblas_set_num_threads(run->threads);
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda,
                b, ldb, beta, c, ldc);
}
