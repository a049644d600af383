import Programs

/// How the solver treats what is special in a problem.
public struct SolveOptions {
  /// Whether steps end where rates and observed values branch (comparisons, floor, sign), so that none goes over a jump and
  /// derivatives go through the time of the change. Conditions of events always end steps.
  public var endsStepsAtBranches = true
  /// Components of the state that are promised not to be negative: a step to one below minus its absolute tolerance is tried
  /// again, shorter; where none helps the solution ends with the status `belowZero`.
  public var nonnegative: [Int] = []
  /// Components that the rates let not become negative (at zero they do not fall) where a step over zero would go unseen:
  /// such a step is tried again, shorter.
  public var guarded: [Int] = []
  /// Components of the state, by part, that are watched for staying below their absolute tolerances.
  public var watchedForSize: [[Int]] = []
  /// Numbers of events whose first and last times are wanted.
  public var timedEvents: [Int] = []

  public init() {}
}

extension InitialValueProblem {
  /// Solves the problem for every member, step by step, as part of the program that is being traced.
  ///
  /// - Parameters:
  ///   - method: the Runge–Kutta method; with `.adaptive` stepping it must have an error estimate.
  ///   - saveAt: times in the order of the solution, within it; steps do not stop at them.
  ///   - saving: the components of the state that the series keeps, in their order; all if nil.
  ///   - observations: sums over the solution.
  /// - Precondition: with `saveAt`, the start's time is known while tracing.
  public func solve(
    _ method: ButcherTableau, _ stepping: Stepping, saveAt: [Double] = [], saving: [Int]? = nil,
    observations: [Observation] = [], options: SolveOptions = SolveOptions()
  ) -> Solution {
    // Backwards in time: the mirrored problem forwards. `clock` gives the user's time.
    var direction = 1.0
    if let from = from.literal, let until = until.literal, until[0] < from[0] { direction = -1 }
    let clock = Clock(from: from, direction: direction)
    let end = clock.elapsed(until)
    let atTimes = Set(observations.compactMap(tabulated)).sorted { direction * $0 < direction * $1 }
    let watched = observations.filter(isWatched)
    let handling = EventHandling(
      self, clock: clock, end: end,
      observed: watched.map { observation in { observation.value(clock.time($0), $1) } },
      summed: watched.indices.filter { watched[$0].reduction.isSum },
      edges: watched.flatMap { [$0.from, $0.until].compactMap { $0.map(clock.elapsed) } },
      timed: options.timedEvents, branching: options.endsStepsAtBranches)
    func plainRates(_ time: Staged, _ state: Staged) -> Staged {
      let rates = phases[0].rates(clock.time(time), state)
      return direction < 0 ? -rates : rates
    }
    let function = StagedFunction("rates") { [plainRates($0[0], $0[1])] }
    var growth: GrowthLimit?
    if case .adaptive(let control) = stepping, control.limitsGrowth { growth = GrowthLimit(method, control) }
    let check = FloorCheck(options, stepping)
    let integration = Integration(
      method: method, stepping: stepping, clock: clock, end: end, rates: { function([$0, $1])[0] },
      slopedRates: Integration.slopedRates(handling.isNeeded ? handling : nil, plainRates),
      events: handling.isNeeded ? handling : nil,
      tables: [(saveAt, saving), (atTimes, nil)].filter { !$0.0.isEmpty }.map { times, components in
        SavedTable(times: times.map { elapsed($0, clock) }, components: components ?? Array(0..<start.shape.count))
      },
      running: watched.enumerated().map { position, observation in
        RunningObservation(
          observation: observation, number: position, clock: clock, end: end,
          mayJump: !handling.model.branchesOfObserved.isEmpty)
      }, growth: growth, floor: check, small: SmallStates(options, stepping))
    let last = integration.run(start: start)
    return solution(
      last, integration, observations, atTimes: atTimes, saves: !saveAt.isEmpty,
      hasUnsearchedJumps: handling.model.hasUnsearchedJumps)
  }

  /// The time of an observation that is read from a table.
  private func tabulated(_ observation: Observation) -> Double? {
    observation.reduction == .at && from.literal != nil ? observation.time?.literal?[0] : nil
  }

  /// Whether an observation is followed along the steps.
  private func isWatched(_ observation: Observation) -> Bool {
    observation.reduction.isOverTime || (observation.reduction == .at && tabulated(observation) == nil)
  }

  private func elapsed(_ time: Double, _ clock: Clock) -> Double {
    guard let elapsed = clock.elapsed(time) else {
      preconditionFailure("times can be saved only where the start's time is known while tracing")
    }
    return elapsed
  }

  private func solution(
    _ end: Integration.End, _ integration: Integration, _ observations: [Observation], atTimes: [Double], saves: Bool,
    hasUnsearchedJumps: Bool
  ) -> Solution {
    let (clock, handling) = (integration.clock, integration.events)
    let failed = end.status .!= 0
    func orNaN(_ value: Staged) -> Staged { select(failed, Staged(Double.nan), value) }
    let canStop = handling?.canStop == true
    let endTime = canStop ? clock.time(end.time) : until
    var totals = end.totals[...]
    let values = observations.map { observation -> Staged in
      if isWatched(observation) { return orNaN(totals.removeFirst()) }
      switch observation.reduction {
      case .final: return orNaN(observation.value(endTime, end.state))
      case .initial: return orNaN(observation.value(from, start))
      case .at, .integral, .mean, .maximum, .minimum, .timeOfMaximum, .timeOfMinimum:
        let states = end.series[end.series.count - 1].transposed
        let time = tabulated(observation) ?? 0
        let value = observation.value(Staged(time), states[atTimes.firstIndex(of: time)!])
        let reached = end.time + clock.spread(end.time)
        let isReached = canStop ? reached .>= clock.elapsed(Staged(time)) : Staged(true)
        return orNaN(select(isReached, value, Staged(Double.nan)))
      }
    }
    let counts = end.events?.counts ?? []
    func times(_ kept: [Staged]) -> [Staged] {
      zip(handling?.timed ?? [], kept).map { event, time in
        orNaN(select(counts[event] .> 0, time, Staged(Double.nan)))
      }
    }
    return Solution(
      final: orNaN(end.state), time: orNaN(endTime), eventCounts: counts.map(orNaN),
      firstTimes: times(end.events?.firstTimes ?? []), lastTimes: times(end.events?.lastTimes ?? []),
      series: saves ? end.series[0] : nil, observations: values, status: end.status,
      acceptedSteps: end.accepted, rejectedSteps: end.rejected, limitedSteps: end.limited,
      areSmall: end.areSmall, hasUnsearchedJumps: hasUnsearchedJumps)
  }
}
