/// A value of a program that is being written: ordinary Swift on `Staged` values traces a `Program`.
///
/// A staged value is either a literal (numbers known while tracing) or the result of an instruction of a `Trace`.
/// Operations on literals only are computed at once. An operation is recorded in the innermost trace among its operands,
/// so what a loop's body computes from outer values alone stands before the loop, and is computed once.
public struct Staged {
  enum Storage {
    case literal([Double])
    case recorded(Trace, Value)
  }

  let storage: Storage
  public let type: ValueType

  public var shape: Shape { type.shape }

  init(_ trace: Trace, _ value: Value, _ type: ValueType) {
    storage = .recorded(trace, value)
    self.type = type
  }

  /// An array known while tracing, in row-major order.
  /// - Precondition: `values` has as many components as `shape`.
  public init(_ values: [Double], shape: Shape) {
    precondition(values.count == shape.count, "\(values.count) values do not fill a shape \(shape)")
    storage = .literal(values)
    type = ValueType(.real, shape, .shared)
  }

  /// A vector known while tracing.
  public init(_ values: [Double]) { self.init(values, shape: [values.count]) }

  /// A scalar known while tracing.
  public init(_ value: Double) { self.init([value], shape: .scalar) }

  package init(literal values: [Double], _ type: ValueType) {
    storage = .literal(values)
    self.type = type
  }

  /// A boolean scalar known while tracing.
  public init(_ value: Bool) { self.init(literal: [value ? 1 : 0], ValueType(.boolean, .scalar, .shared)) }

  /// The components, if they are known while tracing.
  public var literal: [Double]? {
    if case .literal(let values) = storage { values } else { nil }
  }
}

extension Staged: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self.init(value) }
  public init(integerLiteral value: Int) { self.init(Double(value)) }
}

extension Staged {
  /// Applies an operation with one result.
  package static func apply(_ operation: Operation, _ operands: [Staged]) -> Staged { applyAll(operation, operands)[0] }

  /// Applies an operation: types it, computes it if everything is known, else records it.
  ///
  /// A user's mistake is noted in the trace, which throws it at its end: operators cannot throw.
  package static func applyAll(_ operation: Operation, _ operands: [Staged]) -> [Staged] {
    let home = Trace.innermost(of: operands)
    let types: [ValueType]
    do {
      types = try TypeRules.results(of: operation, operands.map(\.type))
    } catch {
      let stand = refused(operation.name, error.expected, operands)
      return Array(repeating: stand, count: max(operation.leastResultCount, 1))
    }
    if home == nil {
      let literals = operands.map { (values: $0.literal ?? [], type: $0.type) }
      if let values = ConstantFolding.evaluate(operation, literals, types[0]) {
        return [Staged(literal: values, types[0])]
      }
    }
    guard let home = home ?? Trace.current else {
      preconditionFailure("\(operation.name) of literals alone is outside of a trace")
    }
    return home.record(operation, operands, types)
  }

  /// Notes a user's mistake in the trace.
  /// - Returns: what stands for the result until the trace throws.
  static func refused(_ operation: String, _ expected: String, _ operands: [Staged]) -> Staged {
    let home = Trace.innermost(of: operands)
    let problem = ProgramError.wrongOperands(
      operation: operation, expected: expected, found: operands.map(\.type), place: .current(home))
    guard let home = home ?? Trace.current else { preconditionFailure("\(problem)") }
    home.note(problem)
    return Staged(Double.nan)
  }
}

extension Operation {
  /// How many results to stand in for after a mistake.
  fileprivate var leastResultCount: Int {
    switch control {
    case .whileLoop(let loop): return loop.body.outputs.count + (loop.capacity == nil ? 0 : 1)
    case .scan(let scan): return scan.body.outputs.count
    case .call(let program): return program.outputs.count
    case nil:
      if case .linearAlgebra(let function) = self { return function.resultCount }
      return self == .tabulate ? Tabulation.resultCount : 1
    }
  }
}
