import Archive
import Dynamics
import Execution
import Foundation
import Sampling

/// The memory of one worker for one chunk or a part of it: inputs, outputs, and results in the file's layout.
final class SweepChunk: @unchecked Sendable {
  private let plan: SweepPlan
  private let prepared: any PreparedProgram
  private let inputs: [Buffer]
  private let outputs: [Buffer]
  /// Columns of the design, in double precision whatever the job computes in.
  private let points: UnsafeMutableBufferPointer<Double>
  /// For each variable: memory of its own where the outputs are not already laid out as files want them.
  private var scratch: [UnsafeMutableRawBufferPointer?] = []
  /// How many members were computed last.
  private var members = 0

  init(_ plan: SweepPlan, _ prepared: any PreparedProgram) {
    (self.plan, self.prepared) = (plan, prepared)
    let size = plan.layout.chunkSize
    inputs = prepared.makeInputs(members: size)
    outputs = prepared.makeOutputs(members: size)
    points = .allocate(capacity: max(plan.varied.count * size, 1))
    let outputs = outputs
    scratch = zip(plan.sources, plan.layout.variables).map { source, variable in
      source.isInPlace(outputs)
        ? nil
        : .allocate(byteCount: plan.layout.memberBytes(variable) * size, alignment: 64)
    }
  }

  deinit {
    points.deallocate()
    for memory in scratch { memory?.deallocate() }
  }

  /// Computes members of a chunk.
  ///
  /// - Parameters:
  ///   - range: the members that may be granted.
  ///   - feed: grants them while they are computed; all if nil.
  /// - Returns: the members that were granted.
  @discardableResult
  func compute(_ range: Range<Int>, from feed: MemberFeed? = nil) throws -> Range<Int> {
    members = range.count
    let size = plan.layout.chunkSize
    plan.design.fill(range, into: points, stride: size)
    // An input beyond the columns is the zero of every member, as buffers are from the start.
    for (column, input) in inputs.prefix(plan.varied.count).enumerated() {
      let source = points.baseAddress! + column * size
      switch plan.precision {
      case .double: input.address.copyMemory(from: source, byteCount: members * 8)
      case .single:
        let target = input.address.assumingMemoryBound(to: Float.self)
        for member in 0..<members { target[member] = Float(source[member]) }
      }
    }
    members = try prepared.run(members: members, from: feed, inputs: inputs, outputs: outputs)
    for position in plan.sources.indices { arrange(position) }
    return range.prefix(members)
  }

  /// The chunk's results, a buffer a variable, in the order of the layout. Valid until the next `compute`.
  var data: [UnsafeRawBufferPointer] {
    plan.sources.indices.map { position in
      let bytes = plan.layout.memberBytes(plan.layout.variables[position]) * members
      if let memory = scratch[position] { return UnsafeRawBufferPointer(start: memory.baseAddress, count: bytes) }
      switch plan.sources[position] {
      case .varied(let column):
        return UnsafeRawBufferPointer(start: points.baseAddress! + column * plan.layout.chunkSize, count: bytes)
      case .output(let output): return UnsafeRawBufferPointer(start: outputs[output].address, count: bytes)
      case .series(let output, let rows, _):
        let buffer = outputs[output]
        let offset = buffer.offset(component: rows.lowerBound * plan.saveTimes.count, member: 0)
        return UnsafeRawBufferPointer(start: buffer.address + offset * plan.precision.byteCount, count: bytes)
      case .whole, .array: preconditionFailure("whole numbers and arrays have memory of their own")
      }
    }
  }

  /// How many of the members computed last ended with each status, in the order of `Status.allCases`.
  func countStatuses() -> [Int] {
    guard let position = plan.results.firstIndex(of: .status) else { return [] }
    var counts: [Int: Int] = [:]
    for member in 0..<members { counts[Int(outputs[position][0, member]), default: 0] += 1 }
    return Status.allCases.map { counts[$0.rawValue] ?? 0 }
  }

  /// Puts one variable into the file's layout: members outermost, then its own axes.
  private func arrange(_ position: Int) {
    guard let memory = scratch[position]?.baseAddress else { return }
    switch plan.precision {
    case .double: arrange(position, memory, Double.self)
    case .single: arrange(position, memory, Float.self)
    }
  }

  private func arrange<Number: BinaryFloatingPoint>(
    _ position: Int, _ memory: UnsafeMutableRawPointer, _ type: Number.Type
  ) {
    switch plan.sources[position] {
    case .varied: break
    case .whole(let output):
      let source = outputs[output].address.assumingMemoryBound(to: Number.self)
      let step = outputs[output].memberStep
      switch plan.layout.variables[position].elementType {
      case .int8: Self.convert(source, to: memory.assumingMemoryBound(to: Int8.self), members, step)
      case .int32: Self.convert(source, to: memory.assumingMemoryBound(to: Int32.self), members, step)
      case .int64, .float32, .float64: preconditionFailure("whole numbers are stored in 8 or 32 bits")
      }
    case .output(let output):
      let buffer = outputs[output]
      let source = buffer.address.assumingMemoryBound(to: Number.self)
      let target = memory.assumingMemoryBound(to: Number.self)
      for member in 0..<members { target[member] = source[member * buffer.memberStep] }
    case .array(let output):
      let buffer = outputs[output]
      let source = buffer.address.assumingMemoryBound(to: Number.self)
      let target = memory.assumingMemoryBound(to: Number.self)
      let count = buffer.type.shape.count
      for component in 0..<count {
        for member in 0..<members {
          target[member * count + component] = source[component * buffer.stride + member * buffer.memberStep]
        }
      }
    case .series(let output, let rows, _):
      let buffer = outputs[output]
      let times = plan.saveTimes.count
      let target = memory.assumingMemoryBound(to: Number.self)
      for (column, row) in rows.enumerated() {
        let source =
          buffer.address.assumingMemoryBound(to: Number.self)
          + buffer.offset(component: row * times, member: 0)
        for member in 0..<members {
          let series = source + member * times * buffer.memberStep
          let place = target + member * times * rows.count + column
          for time in 0..<times { place[time * rows.count] = series[time] }
        }
      }
    }
  }

  private static func convert<Number: BinaryFloatingPoint, Whole: FixedWidthInteger>(
    _ source: UnsafePointer<Number>, to target: UnsafeMutablePointer<Whole>, _ count: Int, _ step: Int
  ) {
    for member in 0..<count { target[member] = Whole(exactly: source[member * step]) ?? Whole.max }
  }
}

extension Buffer {
  /// From one member's value to the next one's: 0 for a value that all members share, such as an output that nothing
  /// varied has a say in, which is stored with every member like any other.
  fileprivate var memberStep: Int { type.extent == .shared ? 0 : 1 }
}

extension SweepPlan.Source {
  /// Whether the values already stand in memory as files want them.
  fileprivate func isInPlace(_ outputs: [Buffer]) -> Bool {
    switch self {
    case .varied: true
    case .output(let output): outputs[output].memberStep == 1
    case .series(let output, _, let isArray): !isArray && outputs[output].memberStep == 1
    case .whole, .array: false
    }
  }
}
