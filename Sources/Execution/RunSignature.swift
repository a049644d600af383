import Programs

/// The buffers that a prepared program takes. Found once, as the check of what is passed comes with every run, and chunks
/// may be small.
public struct RunSignature: Sendable {
  private struct Place: Sendable {
    let name: String
    let type: ValueType
    let order: Buffer.Order?
  }

  private let program: String
  private let precision: Precision
  private let inputs: [Place]
  private let outputs: [Place]

  public init(_ program: Program, precision: Precision, outputOrders: [Buffer.Order]) {
    (self.program, self.precision) = (program.name, precision)
    inputs = program.inputs.map { Place(name: $0.name, type: $0.type, order: nil) }
    outputs = zip(program.outputs, zip(program.outputTypes, outputOrders)).map {
      Place(name: $0.name, type: $1.0, order: $1.1)
    }
  }

  /// Checks what the caller passes to `run`.
  ///
  /// - Returns: the stride that all member buffers have; 1 if there are none.
  /// - Throws: `ExecutionError.wrongBuffer`
  @discardableResult
  public func check(members: Int, inputs: [Buffer], outputs: [Buffer]) throws(ExecutionError) -> Int {
    var stride: Int?
    try check("input", self.inputs, members, inputs, &stride)
    try check("output", self.outputs, members, outputs, &stride)
    return stride ?? 1
  }

  private func check(
    _ role: String, _ places: [Place], _ members: Int, _ buffers: [Buffer], _ stride: inout Int?
  ) throws(ExecutionError) {
    guard places.count == buffers.count else {
      throw .wrongBuffer(role: role, name: program, expected: "\(places.count) buffers", found: "\(buffers.count)")
    }
    for (place, buffer) in zip(places, buffers) {
      func wrong(_ expected: String, _ found: String) -> ExecutionError {
        .wrongBuffer(role: role, name: place.name, expected: expected, found: found)
      }
      if let order = place.order, order != buffer.order { throw wrong("\(order)", "\(buffer.order)") }
      guard buffer.type == place.type && buffer.precision == precision else {
        throw wrong("\(precision) \(place.type)", "\(buffer.precision) \(buffer.type)")
      }
      if place.type.extent == .shared { continue }
      guard buffer.members >= members else { throw wrong("\(members) members", "\(buffer.members)") }
      guard buffer.stride == stride ?? buffer.stride else { throw wrong("stride \(stride!)", "\(buffer.stride)") }
      stride = buffer.stride
    }
  }
}
