import COpenBLAS
import RealModule

/// The number types that blocks are computed in, each with its matrix product.
protocol BatchedReal: Real, BinaryFloatingPoint, BitwiseCopyable, LAPACKReal {
  /// C = op(A)·B in row-major order: A `[rows, inner]` (or `[inner, rows]` if transposed), B `[inner, columns]`.
  static func matrixProduct(
    rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Self>, isTransposed: Bool, _ b: UnsafePointer<Self>,
    spacing: Int, to c: UnsafeMutablePointer<Self>, spacing: Int)
}

/// Threads are the caller's business: OpenBLAS must not start its own beside them.
let singleThread: Void = openblas_set_num_threads(1)

extension Double: BatchedReal {
  static func matrixProduct(
    rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Double>, isTransposed: Bool, _ b: UnsafePointer<Double>,
    spacing bSpacing: Int, to c: UnsafeMutablePointer<Double>, spacing cSpacing: Int
  ) {
    singleThread
    cblas_dgemm(
      CblasRowMajor, isTransposed ? CblasTrans : CblasNoTrans, CblasNoTrans, CInt(rows), CInt(columns), CInt(inner), 1,
      a,
      CInt(isTransposed ? rows : inner), b, CInt(bSpacing), 0, c, CInt(cSpacing))
  }
}

extension Float: BatchedReal {
  static func matrixProduct(
    rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Float>, isTransposed: Bool, _ b: UnsafePointer<Float>,
    spacing bSpacing: Int, to c: UnsafeMutablePointer<Float>, spacing cSpacing: Int
  ) {
    singleThread
    cblas_sgemm(
      CblasRowMajor, isTransposed ? CblasTrans : CblasNoTrans, CblasNoTrans, CInt(rows), CInt(columns), CInt(inner), 1,
      a,
      CInt(isTransposed ? rows : inner), b, CInt(bSpacing), 0, c, CInt(cSpacing))
  }
}
