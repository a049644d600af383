import Execution
import Programs

/// Computes programs one operation at a time over blocks of members: the reference for the other executors, and the
/// fast path where matrix products with shared matrices dominate.
///
/// A member's results depend, to the last bit, on that member's inputs and the shared ones alone: not on its place in a
/// block, its block mates or how many members there are. Sums over members add them in their order. Matrix products have the
/// same bits on all processors that fuse multiplication and addition; factors of matrices are OpenBLAS's, which sums in other orders for
/// other processors.
public struct BatchedExecutor: Executor {
  public let name = "batched"
  private let width: Int

  /// Members a block. Measured on Lorenz (32 µs a member with 512, 41 with 256, 28 with 2,048) and on four layers of width
  /// 128 (18 µs with 512, 20 with 256 and with 2,048); memory grows with it.
  static let blockWidth = 512
  /// Matrix products take so many members at a time.
  static let productColumns = 32

  public init() { self.init(width: Self.blockWidth) }

  /// - Precondition: a block is a multiple of what matrix products take at a time.
  init(width: Int) {
    precondition(
      width > 0 && width % Self.productColumns == 0, "a block is a multiple of \(Self.productColumns) members")
    self.width = width
  }

  /// - Throws: `ProgramError`
  public func prepare(_ program: Program, precision: Precision, outputOrders: [Buffer.Order]) throws
    -> any PreparedProgram
  {
    let simple = try program.withoutRules.simplified()
    return BatchedProgram(Plan(simple, width: width, isOutermost: true), precision, outputOrders)
  }
}
