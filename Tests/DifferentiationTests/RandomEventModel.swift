import Dynamics
import Programs

/// A random model with one to six events: ramps, decays and oscillations that meet thresholds which parameters and time
/// move, jumps, phases, stops, and every reduction among its outputs.
struct RandomEventModel {
  static let parameters = ["p", "q", "r"]

  let program: Program
  /// Outputs that are zero but for the tolerance: a state that is a clock less the time, and a state that adds up another
  /// one less its integral.
  static let balances = ["clock", "area"]
  /// The outputs that are differentiated.
  let outputs: [String]

  init(seed: Int) throws {
    var numbers = Numbers(seed)
    let stateCount = numbers.below(3) + 1
    let phaseNames = numbers.below(2) == 0 ? ["one"] : ["one", "two"]
    let method = [ButcherTableau.tsit5, .dopri5, .vern7][numbers.below(3)]
    let rates = phaseNames.map { _ in (0..<stateCount).map { _ in Rate(&numbers, stateCount) } }
    let starts = (0..<stateCount).map { _ in (numbers.below(2) == 0 ? 0 : numbers.next(), numbers.below(4)) }
    var mayStop = numbers.below(3) == 0
    let events = (0...numbers.below(6)).map { place in
      RandomEvent(place, &numbers, stateCount, phaseNames, mayStop: &mayStop)
    }
    let observations = (0..<4).map { RandomObservation($0, &numbers, stateCount) }
    program = try Program.trace("random\(seed)", inputs: Self.parameters.map { .init($0, ValueType()) }) { p in
      let problem = InitialValueProblem(
        from: 0, until: 2,
        start: .stack(starts.map { Staged($0.0) + ($0.1 < 3 ? 0.3 * p[$0.1] : 0) } + [0, 0]),
        phases: zip(phaseNames, rates).map { name, rates in
          Phase(name) { t, y in .stack(rates.map { $0.value(t, y, p) } + [1, y[0]]) }
        }, events: events.map { $0.event(p) })
      let solution = problem.solve(
        method, .adaptive(StepControl(relativeTolerance: 1e-9, absoluteTolerance: 1e-10, maximumSteps: 400)),
        observations: observations.map { $0.observation(p) } + [Observation("area", .integral) { _, y in y[0] }])
      let balances = [
        ("clock", solution.final[stateCount] - solution.time),
        ("area", solution.final[stateCount + 1] - solution.observations[observations.count]),
      ]
      let counts = solution.eventCounts.enumerated().map { ("count\($0.offset)", $0.element) }
      return zip(observations, solution.observations).map { ($0.name, $1) }
        + [("end", solution.time), ("status", solution.status)] + counts + balances
    }
    outputs = observations.map(\.name) + (events.contains(where: \.stops) ? ["end"] : [])
  }

  /// The outputs that differ between branches of a solution that jumps.
  var branchNames: [String] { program.outputs.map(\.name).filter { $0 == "status" || $0.hasPrefix("count") } }
}

extension Numbers {
  mutating func below(_ count: Int) -> Int { Int(Double(count) * (next() + 1) / 2 * (1 - 1e-15)) }
}

/// The rate of one state.
private struct Rate {
  let kind, other, parameter: Int
  let a, b: Double

  init(_ numbers: inout Numbers, _ stateCount: Int) {
    (kind, other, parameter) = (numbers.below(5), numbers.below(stateCount), numbers.below(3))
    (a, b) = (numbers.next(), numbers.next())
  }

  func value(_ t: Staged, _ y: Staged, _ p: [Staged]) -> Staged {
    switch kind {
    case 0: Staged(a < 0 ? -1 : 1)
    case 1: Staged(1 + a) + p[parameter]
    case 2: Staged(2 * a) + p[parameter] - Staged(1 + b) * y[other]
    case 3: Staged(3 * a) * cos(Staged(4 * b) * t + p[parameter])
    default: p[parameter] * y[other] + Staged(2 * a) * sin(y[other]) + Staged(b)
    }
  }
}

private struct RandomEvent {
  let name: String
  let stops: Bool
  private let kind, state, other, parameter, change: Int
  private let direction: Event.Direction
  private let a, b, c: Double
  private let next: String?
  private let phases: [String]?

  init(_ place: Int, _ numbers: inout Numbers, _ stateCount: Int, _ phaseNames: [String], mayStop: inout Bool) {
    name = "event\(place)"
    (kind, state, other) = (numbers.below(5), numbers.below(stateCount), numbers.below(stateCount))
    (parameter, change) = (numbers.below(3), numbers.below(5))
    direction = Event.Direction.allCases[numbers.below(3)]
    (a, b, c) = (numbers.next(), numbers.next(), numbers.next())
    stops = mayStop && numbers.below(2) == 0
    if stops { mayStop = false }
    next = phaseNames.count > 1 && numbers.below(2) == 0 ? phaseNames[numbers.below(2)] : nil
    phases = phaseNames.count > 1 && numbers.below(2) == 0 ? [phaseNames[numbers.below(2)]] : nil
  }

  func event(_ p: [Staged]) -> Event {
    let trigger: Event.Trigger =
      switch kind {
      case 0: .times([0.31 + 0.2 * a, 1.13 + 0.2 * b])
      case 1: .crossing(direction) { t, y in y[state] - Staged(a) - 0.3 * t }
      case 2: .crossing(direction) { _, y in y[state] + Staged(b) * y[other] - Staged(a) * (1 + p[parameter]) }
      case 3: .crossing(direction) { t, _ in t - 1 - Staged(0.8 * a) - 0.3 * p[parameter] }
      default: .crossing(direction) { _, y in y[state] - 0.7 - 0.4 * p[parameter] }
      }
    if stops { return Event(name, trigger, .stop, during: phases) }
    return Event(
      name, trigger,
      .proceed(
        change: { t, y in
          var entries = (0..<y.shape.count).map { y[$0] }
          switch change {
          case 0: entries[state] = Staged(0)
          case 1: entries[state] = entries[state] + Staged(c)
          case 2: entries[other] = Staged(-0.8) * entries[other] + p[parameter]
          case 3: entries[state] = entries[other] * (1 + p[parameter]) - Staged(0.3 * c) * t
          default: entries[other] = p[parameter] * p[parameter]
          }
          return .stack(entries)
        }, next: next), during: phases)
  }
}

private struct RandomObservation {
  let name: String
  private let reduction: Observation.Reduction
  private let kind, state, parameter: Int
  private let time: Double

  init(_ place: Int, _ numbers: inout Numbers, _ stateCount: Int) {
    name = "observation\(place)"
    let reductions = Observation.Reduction.allCases
    reduction = reductions[numbers.below(reductions.count)]
    (kind, state, parameter) = (numbers.below(3), numbers.below(stateCount), numbers.below(3))
    time = 1 + 0.9 * numbers.next()
  }

  func observation(_ p: [Staged]) -> Observation {
    Observation(name, reduction, time: reduction == .at ? time : nil) { t, y in
      switch kind {
      case 0: y[state]
      case 1: y[state] * (1 + p[parameter]) + 0.1 * t
      default: y[0] * y[0] + p[parameter] * y[state]
      }
    }
  }
}
