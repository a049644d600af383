import Differentiation
import Programs

/// What comparing models has found.
struct RandomEventTally {
  /// Derivatives that were compared with differences, and those that were not, as a solution takes another branch nearby.
  var (compared, leftOut) = (0, 0)
  var models = 0
  var complaints: [String] = []

  mutating func compare(_ seed: Int, on engines: [Engine], _ members: Int) throws {
    let model = try RandomEventModel(seed: seed)
    models += 1
    var numbers = Numbers(seed + 7)
    let points = (0..<members).map { _ in RandomEventModel.parameters.map { _ in 0.6 + 0.4 * numbers.next() } }
    let differences = try Differences(model, points)
    for balance in RandomEventModel.balances {
      for member in 0..<members where differences.isSolved[member] {
        let value = differences.value(balance, member)
        if abs(value) > 1e-6 { complaints.append("seed \(seed), member \(member): \(balance) is off by \(value)") }
      }
    }
    let options = DerivativeOptions(of: model.outputs, tapeCapacity: 512, isStrict: false)
    let (forward, reverse) = (
      try model.program.jacobian(options, mode: .forward), try model.program.jacobian(options, mode: .reverse)
    )
    var first: Derivatives?
    for engine in engines {
      let pushed = try Derivatives(engine, forward, points)
      let pulled = try Derivatives(engine, reverse, points)
      for output in model.outputs {
        for member in 0..<members where differences.isSolved[member] && !pulled.isTapeFull(member) {
          let size = max(1, RandomEventModel.parameters.map { abs(pushed[output, $0, member]) }.max()!)
          for (place, parameter) in RandomEventModel.parameters.enumerated() {
            let (a, b) = (pushed[output, parameter, member], pulled[output, parameter, member])
            func complain(_ what: String, _ other: Double) {
              complaints.append(
                "seed \(seed), \(engine), member \(member), d \(output) / d \(parameter): forward \(a), reverse \(b), "
                  + "\(what) \(other)")
            }
            let value = differences.value(output, member)
            if !agree(a, b, 1e-8 * size) || value.isNaN && !b.isNaN { complain("value", value) }
            if engine == .batched, !value.isNaN {
              if let difference = differences.derivative(output, member, place) {
                compared += 1
                if !agree(b, difference, 1e-3 * (1 + abs(difference))) { complain("difference", difference) }
              } else {
                leftOut += 1
              }
            }
            // Executors round differently: they are compared where the solution is smooth.
            if let first, differences.derivative(output, member, place) != nil,
              !agree(b, first[output, parameter, member], 1e-4 * size)
            {
              complain("batched", first[output, parameter, member])
            }
          }
        }
      }
      first = pulled
    }
  }
}

private func agree(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  a == b || a.isNaN && b.isNaN || abs(a - b) <= tolerance
}

/// The derivatives of all members, by output and parameter.
private struct Derivatives {
  private let found: [String: [[Double]]]

  init(_ engine: Engine, _ program: Program, _ points: [[Double]]) throws {
    let inputs = RandomEventModel.parameters.indices.map { place in points.map { [$0[place]] } }
    found = try engine.run(program, members: points.count, inputs)
  }

  subscript(output: String, parameter: String, member: Int) -> Double {
    found["jacobian.\(output).\(parameter)"]![member][0]
  }

  func isTapeFull(_ member: Int) -> Bool { found[Program.tapeFull]![member] != [0] }
}

/// Central differences of order 4, where the solution takes the same branch at all their points.
private struct Differences {
  private static let step = 1e-3
  private static let factors = [1.0, -1, 2, -2]
  /// By output: for each member its point, then those around it.
  private let values: [String: [Double]]
  private let stride: Int
  private let isSmooth: [Bool]
  /// Whether a member itself has a solution.
  let isSolved: [Bool]

  init(_ model: RandomEventModel, _ points: [[Double]]) throws {
    let around = points.flatMap { point in
      [point]
        + point.indices.flatMap { place in
          Self.factors.map { factor in
            var moved = point
            moved[place] += factor * Self.step
            return moved
          }
        }
    }
    let inputs = RandomEventModel.parameters.indices.map { place in around.map { [$0[place]] } }
    let found = try Engine.batched.run(model.program, members: around.count, inputs)
    values = found.mapValues { $0.map { $0[0] } }
    let stride = around.count / points.count
    self.stride = stride
    let branches = model.branchNames.map { found[$0]!.map { $0[0] } }
    isSmooth = points.indices.map { member in
      branches.allSatisfy { $0[member * stride..<(member + 1) * stride].allSatisfy { $0 == $0 } }
        && branches.allSatisfy { Set($0[member * stride..<(member + 1) * stride]).count == 1 }
    }
    isSolved = points.indices.map { found["status"]![$0 * stride] == [0] }
  }

  func value(_ output: String, _ member: Int) -> Double { values[output]![member * stride] }

  /// - Returns: nil if the differences do not agree among themselves, as at an edge.
  func derivative(_ output: String, _ member: Int, _ parameter: Int) -> Double? {
    guard isSmooth[member] else { return nil }
    let start = member * stride
    let (all, base, h) = (values[output]!, start + 1 + 4 * parameter, Self.step)
    let near = (all[base] - all[base + 1]) / (2 * h)
    let far = (all[base + 2] - all[base + 3]) / (4 * h)
    // The second difference is in proportion to the step's square where the solution is smooth, to the step at a kink.
    let bend = (all[base] - 2 * all[start] + all[base + 1]) / h
    let farBend = (all[base + 2] - 2 * all[start] + all[base + 3]) / (2 * h)
    let scale = 1 + abs(near)
    guard abs(near - far) <= 3e-4 * scale, abs(farBend - 2 * bend) <= 5e-4 * scale else { return nil }
    return (4 * near - far) / 3
  }
}
