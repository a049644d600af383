#pragma once
#include <cblas.h>
#include <stddef.h>

// The few LAPACK functions in use. OpenBLAS has them, but Debian ships their header apart. The lengths of texts come last,
// as Fortran passes them.
void dgetrf_(const blasint *m, const blasint *n, double *a, const blasint *lda, blasint *ipiv, blasint *info);
void sgetrf_(const blasint *m, const blasint *n, float *a, const blasint *lda, blasint *ipiv, blasint *info);
void dgetrs_(const char *trans, const blasint *n, const blasint *nrhs, const double *a, const blasint *lda,
             const blasint *ipiv, double *b, const blasint *ldb, blasint *info, size_t trans_length);
void sgetrs_(const char *trans, const blasint *n, const blasint *nrhs, const float *a, const blasint *lda,
             const blasint *ipiv, float *b, const blasint *ldb, blasint *info, size_t trans_length);
void dsyev_(const char *jobz, const char *uplo, const blasint *n, double *a, const blasint *lda, double *w, double *work,
            const blasint *lwork, blasint *info, size_t jobz_length, size_t uplo_length);
void ssyev_(const char *jobz, const char *uplo, const blasint *n, float *a, const blasint *lda, float *w, float *work,
            const blasint *lwork, blasint *info, size_t jobz_length, size_t uplo_length);
