import Differentiation
import Execution
import Programs
@_exported import _Differentiation

/// A program as a Swift function that Swift's own differentiation sees through.
///
/// Calling it runs the program; differentiating Swift code that calls it runs the program's reverse mode. So native Swift
/// around simulations, with its loops, branches and data structures, is differentiated as one, and what is costly stays in
/// compiled programs:
///
///     let simulate = try DifferentiableProgram(program, on: CompiledExecutor())
///     func miss(_ angle: Double) -> Double { … simulate([angle, speed])[0] … }
///     let (value, gradient) = valueWithGradient(at: 0.7, of: miss)
///
/// The argument is one array: the components of the program's inputs, in their order, arrays row by row; the result is the
/// components of its outputs likewise. `callAsFunction` takes one member, `members` an ensemble.
///
/// Differentiable functions cannot throw. What can be wrong with a program is checked when the function is made; then only
/// memory can run out, which ends the process with a message. A tape that a member's loops overflow is replaced by a
/// longer one, for this and all later calls.
public struct DifferentiableProgram: Sendable {
  private let reversible: ReversibleProgram

  /// - Parameters:
  ///   - program: with inputs that are numbers.
  ///   - executor: what runs it.
  ///   - outputs: the outputs that the function returns; all that are numbers and have a derivative if nil.
  ///   - tapeCapacity: how many turns of each loop reverse mode keeps at first.
  /// - Throws: `DifferentiationError` if there is nothing to differentiate or an output has no derivative; what the executor
  ///   throws.
  public init(
    _ program: Program, on executor: any Executor, of outputs: [String]? = nil, tapeCapacity: Int = 1024
  ) throws {
    reversible = try ReversibleProgram(program, executor, outputs, tapeCapacity: tapeCapacity)
  }

  /// The outputs of one member.
  /// - Precondition: `inputs` has a number for each component of the program's inputs.
  @differentiable(reverse,wrt: inputs)
  public func callAsFunction(_ inputs: [Double]) -> [Double] { reversible.values([inputs])[0] }

  @derivative(of: callAsFunction, wrt: inputs)
  @usableFromInline
  func pullback(_ inputs: [Double]) -> (value: [Double], pullback: ([Double].TangentVector) -> [Double].TangentVector) {
    (reversible.values([inputs])[0], { reversible.cotangents([inputs], [$0.base])[0] })
  }

  /// The outputs of every member of an ensemble, computed side by side.
  /// - Precondition: no input of the program is shared, and each row has a number for each component of the inputs.
  @differentiable(reverse,wrt: inputs)
  public func members(_ inputs: [[Double]]) -> [[Double]] { reversible.values(inputs) }

  @derivative(of: members, wrt: inputs)
  @usableFromInline
  func membersPullback(
    _ inputs: [[Double]]
  ) -> (value: [[Double]], pullback: ([[Double]].TangentVector) -> [[Double]].TangentVector) {
    (
      reversible.values(inputs),
      { cotangents in
        // An empty cotangent is zero, for all members or for one.
        let rows = cotangents.base.map(\.base)
        return .init(reversible.cotangents(inputs, rows.isEmpty ? inputs.map { _ in [] } : rows).map { .init($0.base) })
      }
    )
  }
}
