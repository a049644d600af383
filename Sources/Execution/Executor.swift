import Programs

/// The floating-point type in which a program's reals are computed and stored.
public enum Precision: String, Sendable, CaseIterable {
  case double
  case single

  public var byteCount: Int { self == .double ? 8 : 4 }
}

/// Something that computes programs: the contract that executors share. They do not know each other.
public protocol Executor: Sendable {
  /// The name by which users choose it, recorded with results.
  var name: String { get }

  /// Makes a program ready to run any number of times.
  /// - Parameter outputOrders: the order of each output's buffer.
  /// - Throws: an error with a message for the user, such as `CompilerError`.
  func prepare(_ program: Program, precision: Precision, outputOrders: [Buffer.Order]) throws -> any PreparedProgram
}

extension Executor {
  /// Makes a program ready to run, all its outputs component-major.
  public func prepare(_ program: Program, precision: Precision = .double) throws -> any PreparedProgram {
    try prepare(program, precision: precision, outputOrders: program.outputs.map { _ in .componentMajor })
  }
}

/// A program that is ready to run; many threads may run it at once, on buffers of their own.
public protocol PreparedProgram: Sendable {
  var program: Program { get }
  var precision: Precision { get }
  var outputOrders: [Buffer.Order] { get }
  /// One line for the log: what runs, on how many lanes, from where.
  var summary: String { get }
  /// Turns of loops over members that all runs so far have taken, counted for every lane, busy or idle; nil where nobody
  /// counts. The steps of all members over it are the lanes' efficiency.
  var laneSteps: Int? { get }
  /// Bytes of memory that a thread needs to run it, besides the buffers; what is never touched of it takes none.
  var workspaceBytes: Int { get }

  /// Computes the outputs for members 0 ..< members, or for as many of them as the feed grants.
  ///
  /// - Parameters:
  ///   - members: how many members the buffers hold, at least 1.
  ///   - feed: grants members while the program runs; all at once if nil.
  ///   - inputs: a buffer an input of the program, of its type; their padding may be overwritten.
  ///   - outputs: a buffer an output of the program, of its type. Sums over members are over those that were computed.
  ///     The outputs of members that were not granted are unspecified.
  /// - Returns: how many members were computed, from the first on.
  /// - Throws: `ExecutionError`
  @discardableResult
  func run(members: Int, from feed: MemberFeed?, inputs: [Buffer], outputs: [Buffer]) throws -> Int
}

extension PreparedProgram {
  /// Computes the outputs for members 0 ..< members.
  public func run(members: Int, inputs: [Buffer], outputs: [Buffer]) throws {
    try run(members: members, from: nil, inputs: inputs, outputs: outputs)
  }

  public var laneSteps: Int? { nil }

  /// Buffers for the inputs, in order.
  public func makeInputs(members: Int) -> [Buffer] {
    program.inputs.map { Buffer(type: $0.type, members: members, precision: precision) }
  }

  /// Buffers for the outputs, in order.
  public func makeOutputs(members: Int) -> [Buffer] {
    zip(program.outputTypes, outputOrders).map {
      Buffer(type: $0, members: members, precision: precision, order: $1)
    }
  }
}

/// What goes wrong while running a program.
public enum ExecutionError: Error, Sendable, CustomStringConvertible {
  case wrongBuffer(role: String, name: String, expected: String, found: String)
  case outOfMemory(bytes: Int)

  public var description: String {
    switch self {
    case .wrongBuffer(let role, let name, let expected, let found):
      "\(role) '\(name)' needs \(expected), but got \(found)"
    case .outOfMemory(let bytes): "\(bytes) bytes of memory were not to be had; use smaller chunks"
    }
  }
}
