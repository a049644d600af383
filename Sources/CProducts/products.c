#include "products.h"

// Sums are fused where it is written, and nowhere else.
#pragma STDC FP_CONTRACT OFF

enum {
  /// Terms that are added before the next strip, which has 32 kilobytes at most.
  DEPTH = 256,
  /// Rows of A whose copy the second-level cache keeps: 240 kilobytes of doubles. A multiple of every ROWS.
  BLOCK = 120,
  /// Columns of the widest strip.
  STRIP = 32,
};

#define T double
#define BYTES 16
#define ROWS 4
#define NAME(x) plain_double_##x
#ifdef __aarch64__
#define FUSES 1
#else
#define FUSES 0
#endif
#include "kernel.inc"

#define T float
#define BYTES 16
#define ROWS 4
#define NAME(x) plain_float_##x
#ifdef __aarch64__
#define FUSES 1
#else
#define FUSES 0
#endif
#include "kernel.inc"

#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define T double
#define BYTES 32
#define ROWS 6
#define FUSES 1
#define NAME(x) avx2_double_##x
#include "kernel.inc"

#define T float
#define BYTES 32
#define ROWS 6
#define FUSES 1
#define NAME(x) avx2_float_##x
#include "kernel.inc"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#define T double
#define BYTES 64
#define ROWS 12
#define FUSES 1
#define NAME(x) avx512_double_##x
#include "kernel.inc"

#define T float
#define BYTES 64
#define ROWS 12
#define FUSES 1
#define NAME(x) avx512_float_##x
#include "kernel.inc"
#pragma clang attribute pop
#endif

ProductVectors product_vectors(void) {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return ProductVectorsAVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return ProductVectorsAVX2;
#endif
  return ProductVectorsPlain;
}

long product_scratch(long rows, long inner) {
  const long height = rows < BLOCK ? rows : BLOCK, depth = inner < DEPTH ? inner : DEPTH;
  return (STRIP + height) * depth;
}

#ifdef __x86_64__
#define CHOICE(T) \
  vectors == ProductVectorsAVX512 ? avx512_##T##_product \
  : vectors == ProductVectorsAVX2 ? avx2_##T##_product   \
                                  : plain_##T##_product
#else
#define CHOICE(T) plain_##T##_product
#endif

void product_double(ProductVectors vectors, long rows, long columns, long inner, const double *a, long a_row,
                    long a_column, const double *b, long b_row, double *c, long c_row, double *scratch) {
  (CHOICE(double))(rows, columns, inner, a, a_row, a_column, b, b_row, c, c_row, scratch);
}

void product_float(ProductVectors vectors, long rows, long columns, long inner, const float *a, long a_row,
                   long a_column, const float *b, long b_row, float *c, long c_row, float *scratch) {
  (CHOICE(float))(rows, columns, inner, a, a_row, a_column, b, b_row, c, c_row, scratch);
}
