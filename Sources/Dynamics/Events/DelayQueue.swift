import Programs

/// The actions of a delayed event that are still to come.
struct DelayQueue {
  /// From time and state at the trigger.
  let delay: StagedFunction
  /// The components whose new values are from the time of the trigger; nil if the action is evaluated at its own time.
  let set: [Int]?
  let stateShape: Shape

  /// How many actions of one event may wait at a time.
  static let capacity = 4

  struct Carry {
    /// When each action is due; `EventHandling.never` for a free slot.
    var times: [Staged]
    /// The new values of the set components, where they are from the trigger's time.
    var sets: [Staged]
    var values: [Staged] { times + sets }

    init(times: [Staged], sets: [Staged]) { (self.times, self.sets) = (times, sets) }

    init(_ values: [Staged]) {
      (times, sets) = (Array(values.prefix(DelayQueue.capacity)), Array(values.dropFirst(DelayQueue.capacity)))
    }
  }

  var start: Carry {
    let slots = 0..<Self.capacity
    return Carry(
      times: slots.map { _ in Staged(EventHandling.never) },
      sets: set.map { set in slots.map { _ in Staged(Array(repeating: 0, count: set.count)) } } ?? [])
  }

  /// The earliest action.
  func next(_ carry: Carry) -> Staged { carry.times.dropFirst().reduce(carry.times[0]) { bounded($0, below: $1) } }

  /// Adds an action.
  /// - Parameter changed: the state that the action makes, by its values at the trigger's time.
  /// - Returns: the queue, and whether there was no slot for it.
  func adding(_ carry: Carry, if isWanted: Staged, at time: Staged, changed: Staged?) -> (Carry, isFull: Staged) {
    var (next, isWaiting) = (carry, isWanted)
    let values = set.flatMap { set in changed.map { state in Staged.stack(set.map { state[$0] }) } }
    for slot in carry.times.indices {
      let takes = isWaiting .& (carry.times[slot] .>= Staged(EventHandling.never))
      next.times[slot] = select(takes, time, carry.times[slot])
      if let values { next.sets[slot] = select(takes, values, carry.sets[slot]) }
      isWaiting = (isWaiting .& (.!takes))
    }
    return (next, isWaiting)
  }

  /// Takes the earliest action out.
  /// - Returns: the queue, and the new values that were kept with it.
  func removing(_ carry: Carry, if isWanted: Staged) -> (Carry, sets: Staged?) {
    let earliest = stopGradient(next(carry))
    var (rest, isOpen, sets) = (carry, isWanted, carry.sets.first)
    for slot in carry.times.indices {
      let isIt = isOpen .& (stopGradient(carry.times[slot]) .== earliest)
      rest.times[slot] = select(isIt, Staged(EventHandling.never), carry.times[slot])
      if let found = sets { sets = select(isIt, carry.sets[slot], found) }
      isOpen = (isOpen .& (.!isIt))
    }
    return (rest, sets)
  }

  /// A state with the set components replaced.
  func placed(_ values: Staged, in state: Staged) -> Staged {
    guard let set else { return state }
    let places = Dictionary(uniqueKeysWithValues: zip(set, set.indices))
    return .stack((0..<stateShape.count).map { component in places[component].map { values[$0] } ?? state[component] })
  }
}
