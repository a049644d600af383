import Dynamics

/// From when the values are that a delayed event sets.
enum EventValues: String, CaseIterable {
  case trigger, action
}

extension JobKeys {
  static let phase = KeySection(
    title: "a phase",
    keys: [
      .optional(
        "rates", .named(.expression, names: .identifier), standard: "those of the states",
        "Rates of states in this phase, by state; the others keep the rate that stands at the state."),
      .optional("description", .text, "What the phase is, for the reader."),
    ])

  /// What the value of a name under `events` can be, told apart by what says when it happens.
  static let event = ValueKind.byPresence([("at", listedEvent), ("every", repeatedEvent)], otherwise: crossingEvent)

  static let crossingEvent = KeySection(
    title: "an event",
    keys: [
      .required(
        "when", .expression,
        "A number over everything: the event happens where it passes through zero; or a condition: where it becomes true."
      ),
      .optional(
        "direction", .choice(Event.Direction.allCases.map(\.rawValue)), standard: "both",
        "Which passage of a number counts: rising from below zero, falling from above it, or both."),
      .optional(
        "at_start", .flag, standard: "no",
        "Whether it happens at the start if the condition is true there (a rising number positive, a falling one negative)."
      ),
      .optional(
        "persistent", .flag, standard: "yes",
        "Whether it happens even if an event before it, or the time of its delay, makes the condition false again."),
    ] + actions)

  static let listedEvent = KeySection(
    title: "an event",
    keys: [
      .required(
        "at", .either([.time, .list(.time, length: 1...1_000_000)]),
        "The time, or a list of times, each over parameters; numbers increase. Those before the solution's start, or not before its end, are left out."
      )
    ] + actions)

  static let repeatedEvent = KeySection(
    title: "an event",
    keys: [
      .required("every", .time, "Time between two of the events, over parameters."),
      .optional("from", .time, standard: "solve.from", "The first time, over parameters."),
      .optional(
        "until", .time, standard: "solve.until",
        "The last time, over parameters, which counts; not the end of the solution."),
    ] + actions)

  private static let actions: [JobKey] = [
    .optional(
      "set", .named(.expression, names: .identifier),
      "New values of states, by state: over everything, with the values before the event."),
    .optional("next", .text, "The phase that begins."),
    .optional("stop", .flag, standard: "no", "Whether the event ends the solution; instead of 'set' and 'next'."),
    .optional(
      "priority", .expression, standard: "0",
      "A number over everything: of events at one time the largest goes first, equal ones in the order of the file."),
    .optional(
      "delay", .expression, standard: "0", "A number over everything: how long after its trigger the event acts."),
    .optional(
      "values", .choice(EventValues.allCases.map(\.rawValue)), standard: "trigger",
      "Which values 'set' of a delayed event uses: those at its trigger, or those when it acts."),
    .optional(
      "during", .either([.text, .list(.text, length: 1...1000)]), standard: "all phases",
      "The phase, or list of phases, in which the event can happen."),
    .optional("description", .text, "What the event is, for the reader."),
  ]
}
