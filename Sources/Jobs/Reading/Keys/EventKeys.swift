import Dynamics

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
      .required("when", .expression, "A number over everything; the event happens where it passes through zero."),
      .optional(
        "direction", .choice(Event.Direction.allCases.map(\.rawValue)), standard: "both",
        "Which passage counts: rising from below zero, falling from above it, or both."),
    ] + actions)

  static let listedEvent = KeySection(
    title: "an event",
    keys: [
      .required(
        "at", .either([.number(.any), .list(.number(.any), length: 1...100_000)]),
        "The time, or a list of times, increasing. Those before the solution's start, or not before its end, are left out."
      )
    ] + actions)

  static let repeatedEvent = KeySection(
    title: "an event",
    keys: [
      .required("every", .number(.positive), "Time between two of the events."),
      .optional("from", .number(.any), standard: "solve.from", "The first time."),
      .optional(
        "until", .number(.any), standard: "solve.until", "The last time, which counts; not the end of the solution."),
    ] + actions)

  private static let actions: [JobKey] = [
    .optional(
      "set", .named(.expression, names: .identifier),
      "New values of states, by state: over everything, with the values before the event."),
    .optional("next", .text, "The phase that begins."),
    .optional("stop", .flag, standard: "no", "Whether the event ends the solution; instead of 'set' and 'next'."),
    .optional(
      "during", .either([.text, .list(.text, length: 1...1000)]), standard: "all phases",
      "The phase, or list of phases, in which the event can happen."),
    .optional("description", .text, "What the event is, for the reader."),
  ]
}
