#pragma once
#include <stddef.h>

// Products of a matrix that members share with vectors of theirs, which stand as the columns of a second matrix.
//
// Each entry of a result is one chain over k, from zero and in ascending order: sum = fma(a[k], b[k], sum), or
// sum + a[k] * b[k] where the processor cannot fuse. That holds for every place, size and kind of vector, so a column's bits
// depend on that column and the shared matrix alone, and are the same on all processors that fuse.
//
// In C because one function has to be compiled for several instruction sets, which Swift cannot.

/// What the products are compiled for, the later the wider.
typedef enum {
  /// What every processor of this architecture has.
  ProductVectorsPlain = 0,
  /// AVX2 with FMA.
  ProductVectorsAVX2 = 1,
  ProductVectorsAVX512 = 2,
} ProductVectors;

/// The widest vectors of this processor.
ProductVectors product_vectors(void);

/// Numbers of scratch memory, of either kind, that a product needs with whatever vectors.
long product_scratch(long rows, long inner);

/// C = A·B: A has `rows` rows and `inner` columns, its entry (i, k) stands at `a[i * a_row + k * a_column]`; B and C are
/// row-major with rows `b_row` and `c_row` numbers apart.
///
/// Columns are computed up to a multiple of 32: so many must be readable in B and writable in C. C overlaps nothing.
void product_double(ProductVectors vectors, long rows, long columns, long inner, const double *a, long a_row,
                    long a_column, const double *b, long b_row, double *c, long c_row, double *scratch);
void product_float(ProductVectors vectors, long rows, long columns, long inner, const float *a, long a_row,
                   long a_column, const float *b, long b_row, float *c, long c_row, float *scratch);
