import Execution
import Programs
public struct BatchedExecutor: Executor { public let name = "batched"; public init() {}
  public func prepare(_ program: Program, precision: Precision, outputOrders: [Buffer.Order]) throws -> any PreparedProgram { fatalError() } }
