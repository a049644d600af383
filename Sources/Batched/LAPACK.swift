import COpenBLAS

/// Calls of OpenBLAS's LAPACK. It reports mistakes of the caller, of which there are none, and singular matrices.
enum LAPACK {
  /// Room that lets `syev` work in blocks of 32 columns.
  static func eigenWorkspace(_ size: Int) -> Int { 34 * size }
}

extension Double: LAPACKReal {
  static func factor(_ size: Int, _ matrix: UnsafeMutablePointer<Double>, pivots: UnsafeMutablePointer<Int32>) {
    singleThread
    var (n, info) = (Int32(size), Int32(0))
    dgetrf_(&n, &n, matrix, &n, pivots, &info)
  }

  static func solve(
    _ size: Int, factors: UnsafeMutablePointer<Double>, pivots: UnsafeMutablePointer<Int32>, isTransposed: Bool,
    _ side: UnsafeMutablePointer<Double>, columns: Int
  ) {
    singleThread
    var (n, m, info) = (Int32(size), Int32(columns), Int32(0))
    dgetrs_(isTransposed ? "T" : "N", &n, &m, factors, &n, pivots, side, &n, &info, 1)
  }

  static func eigen(_ size: Int, _ matrix: UnsafeMutablePointer<Double>, values: UnsafeMutablePointer<Double>) {
    singleThread
    var (n, info, length) = (Int32(size), Int32(0), Int32(LAPACK.eigenWorkspace(size)))
    var workspace = [Double](repeating: 0, count: Int(length))
    dsyev_("V", "L", &n, matrix, &n, values, &workspace, &length, &info, 1, 1)
  }
}

extension Float: LAPACKReal {
  static func factor(_ size: Int, _ matrix: UnsafeMutablePointer<Float>, pivots: UnsafeMutablePointer<Int32>) {
    singleThread
    var (n, info) = (Int32(size), Int32(0))
    sgetrf_(&n, &n, matrix, &n, pivots, &info)
  }

  static func solve(
    _ size: Int, factors: UnsafeMutablePointer<Float>, pivots: UnsafeMutablePointer<Int32>, isTransposed: Bool,
    _ side: UnsafeMutablePointer<Float>, columns: Int
  ) {
    singleThread
    var (n, m, info) = (Int32(size), Int32(columns), Int32(0))
    sgetrs_(isTransposed ? "T" : "N", &n, &m, factors, &n, pivots, side, &n, &info, 1)
  }

  static func eigen(_ size: Int, _ matrix: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>) {
    singleThread
    var (n, info, length) = (Int32(size), Int32(0), Int32(LAPACK.eigenWorkspace(size)))
    var workspace = [Float](repeating: 0, count: Int(length))
    ssyev_("V", "L", &n, matrix, &n, values, &workspace, &length, &info, 1, 1)
  }
}
