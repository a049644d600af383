import Programs

/// The reverse of a region: a program of the region's inputs and of cotangents of some of its outputs, which computes the
/// cotangents of its inputs. What the region computes is computed again.
struct ReverseRegion {
  /// Results: a cotangent for each reached input, whether a tape was too short (if `isTaped`), the exposed values.
  let program: Program
  /// The inputs that have a cotangent.
  let reached: [Int]
  let isTaped: Bool
  /// The region's values, as asked for, by their number in `program`.
  let exposed: [Value: Value]

  /// - Parameters:
  ///   - varying: which inputs' cotangents are wanted.
  ///   - seeds: the outputs whose cotangents are given, as inputs after the region's own.
  ///   - live: the components of each output that are not zero by construction.
  ///   - exposing: values of the region whose place in the reverse is wanted.
  init(
    _ region: Program, varying: [Bool], seeds: [Int], live: [LiveComponents], _ reach: ReverseMode.Reach,
    tape: TapeSize,
    exposing: [Value] = []
  ) throws {
    let types = region.outputTypes
    let extent: Extent = reach == .once ? .shared : .member
    var (reached, isTaped) = ([Int](), false)
    let inputs =
      region.inputs
      + seeds.map {
        Program.Input("cotangent\($0)", ValueType(.real, types[$0].shape, extent))
      }
    let traced = try Program.trace(region.name + ".reverse", inputs: inputs) { staged in
      var mode = try ReverseMode(
        region, varying: varying, tape: tape, Array(staged.prefix(region.inputs.count)))
      for (seed, cotangent) in zip(seeds, staged.dropFirst(region.inputs.count)) {
        mode.seed(seed, cotangent, reach, live: live[seed])
      }
      try mode.run()
      let cotangents = region.inputs.indices.compactMap { input in
        mode.cotangent(of: Value(input), reach).map { (input, $0) }
      }
      reached = cotangents.map(\.0)
      isTaped = mode.overflow != nil
      return cotangents.map { ("cotangent\($0.0)", $0.1) } + (mode.overflow.map { [("overflow", $0)] } ?? [])
        + exposing.map { ("exposed\($0.number)", mode.values[$0.number]) }
    }
    program = try traced.simplified().joiningScales(from: region.inputs.count).simplified()
    self.reached = reached
    self.isTaped = isTaped
    let first = reached.count + (isTaped ? 1 : 0)
    exposed = Dictionary(
      uniqueKeysWithValues: zip(exposing, program.outputs[first...].map(\.value)))
  }

  /// The results that are wanted for themselves.
  var mainOutputs: [Value] { program.outputs.prefix(reached.count + (isTaped ? 1 : 0)).map(\.value) }
}

/// What the reverse of a callee follows from: all stages of a step call the same rates.
struct CalledRegion: Hashable {
  let callee: Program
  let varying: [Bool]
  let seeds: [Int]
  let live: [LiveComponents]
  let reach: ReverseMode.Reach

  init(
    _ callee: Program, varying: [Bool], seeds: [Int], live: [LiveComponents], _ reach: ReverseMode.Reach
  ) {
    (self.callee, self.varying, self.seeds, self.live, self.reach) = (callee, varying, seeds, live, reach)
  }
}

extension ReverseMode {
  mutating func pullCall(
    _ callee: Program, _ operands: [Value], _ cotangents: [Staged?], live: [LiveComponents], _ reach: Reach
  ) throws {
    if let rule = try callee.tangentRule() {
      return try pullCall(callee, by: rule, operands, cotangents, reach)
    }
    let seeds = cotangents.indices.filter { cotangents[$0] != nil }
    let region = try region(
      of: CalledRegion(callee, varying: operands.map { varies[$0.number] }, seeds: seeds, live: live, reach))
    let results = Staged.applyAll(
      .call(region.program.asRepetition), operands.map { values[$0.number] } + seeds.compactMap { cotangents[$0] })
    for (input, result) in zip(region.reached, results) { add(result, to: operands[input], reach) }
    if region.isTaped { noteOverflow(results[region.reached.count]) }
  }
}
