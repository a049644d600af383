import COpenBLAS

/// What LAPACK does for one matrix, column by column in memory. Nothing is told of singular matrices: their zero pivots
/// divide as IEEE says.
///
/// All memory must begin at whole cache lines: Sandybridge's and Prescott's kernels of OpenBLAS (0.3.21) sum in another
/// order where a matrix begins elsewhere, so bits would depend on where memory was found.
protocol LAPACKReal {
  /// Replaces a matrix by its factors; the pivots count from 1.
  static func factor(_ size: Int, _ matrix: UnsafeMutablePointer<Self>, pivots: UnsafeMutablePointer<Int32>)
  /// Replaces the columns of a right-hand side by solutions.
  static func solve(
    _ size: Int, factors: UnsafeMutablePointer<Self>, pivots: UnsafeMutablePointer<Int32>, isTransposed: Bool,
    _ side: UnsafeMutablePointer<Self>, columns: Int)
  /// Replaces a symmetric matrix by its eigenvectors, working in `LAPACK.eigenWorkspace(size)` numbers.
  static func eigen(
    _ size: Int, _ matrix: UnsafeMutablePointer<Self>, values: UnsafeMutablePointer<Self>,
    workspace: UnsafeMutablePointer<Self>)
}

/// OpenBLAS's LAPACK. It reports mistakes of the caller, of which there are none, and singular matrices.
enum LAPACK {
  /// Room that lets `syev` work in blocks of 32 columns.
  static func eigenWorkspace(_ size: Int) -> Int { 34 * size }

  /// The processor whose kernels are in use: this one's, unless `OPENBLAS_CORETYPE` names another.
  static let kernels = String(cString: openblas_get_corename())

  /// Threads are the caller's business: OpenBLAS must not start its own beside them.
  fileprivate static let singleThread: Void = openblas_set_num_threads(1)
}

extension Double: LAPACKReal {
  static func factor(_ size: Int, _ matrix: UnsafeMutablePointer<Double>, pivots: UnsafeMutablePointer<Int32>) {
    LAPACK.singleThread
    var (n, info) = (Int32(size), Int32(0))
    dgetrf_(&n, &n, matrix, &n, pivots, &info)
  }

  static func solve(
    _ size: Int, factors: UnsafeMutablePointer<Double>, pivots: UnsafeMutablePointer<Int32>, isTransposed: Bool,
    _ side: UnsafeMutablePointer<Double>, columns: Int
  ) {
    LAPACK.singleThread
    var (n, m, info) = (Int32(size), Int32(columns), Int32(0))
    dgetrs_(isTransposed ? "T" : "N", &n, &m, factors, &n, pivots, side, &n, &info, 1)
  }

  static func eigen(
    _ size: Int, _ matrix: UnsafeMutablePointer<Double>, values: UnsafeMutablePointer<Double>,
    workspace: UnsafeMutablePointer<Double>
  ) {
    LAPACK.singleThread
    var (n, info, length) = (Int32(size), Int32(0), Int32(LAPACK.eigenWorkspace(size)))
    dsyev_("V", "L", &n, matrix, &n, values, workspace, &length, &info, 1, 1)
  }
}

extension Float: LAPACKReal {
  static func factor(_ size: Int, _ matrix: UnsafeMutablePointer<Float>, pivots: UnsafeMutablePointer<Int32>) {
    LAPACK.singleThread
    var (n, info) = (Int32(size), Int32(0))
    sgetrf_(&n, &n, matrix, &n, pivots, &info)
  }

  static func solve(
    _ size: Int, factors: UnsafeMutablePointer<Float>, pivots: UnsafeMutablePointer<Int32>, isTransposed: Bool,
    _ side: UnsafeMutablePointer<Float>, columns: Int
  ) {
    LAPACK.singleThread
    var (n, m, info) = (Int32(size), Int32(columns), Int32(0))
    sgetrs_(isTransposed ? "T" : "N", &n, &m, factors, &n, pivots, side, &n, &info, 1)
  }

  static func eigen(
    _ size: Int, _ matrix: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>
  ) {
    LAPACK.singleThread
    var (n, info, length) = (Int32(size), Int32(0), Int32(LAPACK.eigenWorkspace(size)))
    ssyev_("V", "L", &n, matrix, &n, values, workspace, &length, &info, 1, 1)
  }
}
