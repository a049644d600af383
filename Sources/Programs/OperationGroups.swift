/// Operations seen by what they are like. Most tables ask only this, and switch over a group instead of listing members.
extension Operation {
  public enum Group {
    case constant([Double])
    /// Each component of the result depends only on the same component of the operands, or on a scalar operand.
    case componentwise(Componentwise)
    /// The result's components are those of an operand, elsewhere.
    case rearrangement(Rearrangement)
    /// A sum along an axis.
    case reduction
    /// A matrix product, a factorisation or a solution.
    case ofMatrices
    /// A sum over members.
    case overMembers
    /// Holds programs.
    case control(Control)
    /// Works on a table of saved values.
    case table
  }

  public enum Componentwise {
    case unary(UnaryFunction)
    case binary(BinaryFunction)
    case compare(Comparison)
    case logic(Connective)
    case not
    case select
    case stopGradient
  }

  public enum Rearrangement {
    case stack
    case index(Int)
    case slice(axis: Int, start: Int, count: Int)
    case concatenate(axis: Int)
    case reshape(Shape)
    case broadcast(Shape)
    case transpose
    case gather
  }

  public enum Control {
    case whileLoop(WhileLoop)
    case scan(Scan)
    case call(Program)
  }

  /// The one list of members.
  public var group: Group {
    switch self {
    case .constant(let values): .constant(values)
    case .unary(let function): .componentwise(.unary(function))
    case .binary(let function): .componentwise(.binary(function))
    case .compare(let comparison): .componentwise(.compare(comparison))
    case .logic(let connective): .componentwise(.logic(connective))
    case .not: .componentwise(.not)
    case .select: .componentwise(.select)
    case .stopGradient: .componentwise(.stopGradient)
    case .stack: .rearrangement(.stack)
    case .index(let position): .rearrangement(.index(position))
    case .slice(let axis, let start, let count): .rearrangement(.slice(axis: axis, start: start, count: count))
    case .concatenate(let axis): .rearrangement(.concatenate(axis: axis))
    case .reshape(let shape): .rearrangement(.reshape(shape))
    case .broadcast(let shape): .rearrangement(.broadcast(shape))
    case .transpose: .rearrangement(.transpose)
    case .gather: .rearrangement(.gather)
    case .sum: .reduction
    case .matrixProduct, .linearAlgebra: .ofMatrices
    case .sumOverMembers: .overMembers
    case .whileLoop(let loop): .control(.whileLoop(loop))
    case .scan(let scan): .control(.scan(scan))
    case .call(let callee): .control(.call(callee))
    case .tabulate, .moments: .table
    }
  }

  /// The operation if it holds programs.
  public var control: Control? {
    if case .control(let control) = group { control } else { nil }
  }

  public var isComponentwise: Bool {
    if case .componentwise = group { true } else { false }
  }

  /// The programs that the operation holds.
  public var regions: [Program] {
    switch control {
    case .whileLoop(let loop): [loop.condition, loop.body]
    case .scan(let scan): [scan.body]
    case .call(let program): [program]
    case nil: []
    }
  }

  /// The operation with other programs in it.
  public func mapRegions(_ region: (Program) -> Program) -> Operation { mapRegions(region, callee: region) }

  /// The operation with other programs in it: those of a loop by `region`, a called one by `callee`.
  public func mapRegions(_ region: (Program) -> Program, callee: (Program) -> Program) -> Operation {
    switch control {
    case .whileLoop(var loop):
      loop.condition = region(loop.condition)
      loop.body = region(loop.body)
      return .whileLoop(loop)
    case .scan(var scan):
      scan.body = region(scan.body)
      return .scan(scan)
    case .call(let program): return .call(callee(program))
    case nil: return self
    }
  }
}

/// How the operands of a loop follow each other, and the inputs of its body: captured values, the carry, scanned arrays.
public protocol LoopOperation {
  var body: Program { get }
  var captureCount: Int { get }
  var carryCount: Int { get }
}

extension LoopOperation {
  public var captures: Range<Int> { 0..<captureCount }
  public var carries: Range<Int> { captureCount..<captureCount + carryCount }
  /// Of a scan; none of a while loop.
  public var scanned: Range<Int> { captureCount + carryCount..<body.inputs.count }
  /// Rows follow the next carry among the body's outputs.
  public var rowCount: Int { body.outputs.count - carryCount }
}

extension WhileLoop: LoopOperation {}
extension Scan: LoopOperation {}
