/* Matrix product: OpenBLAS with its own threads, called outside of OpenMP regions. */
#include "engine/kernels/vector/fast.h"

#include <cblas.h>

void product_fast(const struct kernel_run *run, const struct product *p)
{
    if (p->m == 0 || p->n == 0) return;
    if (openblas_get_num_threads() != run->threads) openblas_set_num_threads(run->threads);
    cblas_sgemm(CblasRowMajor, p->a.transposed ? CblasTrans : CblasNoTrans, p->b.transposed ? CblasTrans : CblasNoTrans,
                p->m, p->n, p->k, p->alpha, p->a.x, p->a.pitch, p->b.x, p->b.pitch, p->beta, p->c, p->pitch);
}
