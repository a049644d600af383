import Dynamics
import Execution

/// Whether steps end where rates jump.
enum SwitchChoice: String, CaseIterable {
  case on, off
}

/// Every key of a job file: the one list that the reader, the schema and the reference share.
enum JobKeys {
  static let job = KeySection(
    title: "the job",
    keys: [
      .optional("version", .integer(least: 1), standard: "1", "Version of the job format; 1 is the only one."),
      .required(
        "name", .text, "Name of the job: letters, digits, '-', '_' and '.'; results go to a folder of this name."),
      .optional("description", .text, "What the job is about; it is recorded with the results."),
      .required(
        "model", .byPresence([("swift", registeredModel)], otherwise: equations),
        "The model: equations, or the name of a model that a Swift program registered."),
      .required(
        "solve",
        .byChoice(
          key: "method", [(Method.allCases.filter { !$0.isAdaptive }.map(\.rawValue), fixedSolve)],
          otherwise: adaptiveSolve),
        "How to solve the model."),
      .optional(
        "vary", .named(variation, names: .varied), standard: "nothing: the ensemble has one member",
        "What varies between members: parameters by name, starts of states as 'x.start'."),
      .optional(
        "design", .either([design, .list(design, length: 1...1000)]), standard: "{method: grid}",
        "How members are chosen; a list of designs is the union of their members, in order."),
      .optional(
        "outputs", .named(.either([.expression, .section(output)]), names: .identifier),
        "Numbers to keep of each member, by name. Needed unless solve.save keeps something."),
      .optional("gradient", .section(gradient), "Derivatives to keep of each member."),
      .optional(
        "precision", .choice(Precision.allCases.map(\.rawValue)), standard: "double",
        "Width of the floating-point numbers."),
      .optional(
        "chunk", .integer(least: 1), standard: "chosen from the size of the job",
        "Members in a chunk, the unit of work and of restart. Results do not depend on it."),
      .optional("results", .text, standard: "results/<name>", "Folder for the results."),
      .optional(
        "backend", .choice(Backend.allCases.map(\.rawValue)), standard: "auto",
        "What computes; the command line takes precedence."),
    ])

  // MARK: Model

  static let equations = KeySection(
    title: "model",
    keys: [
      .optional(
        "parameters", .named(.either([.number(.any), .section(parameter)]), names: .identifier),
        "Numbers that the equations use, by name; each can be varied."),
      .optional(
        "let", .named(.either([.expression, .section(letExpression)]), names: .identifier),
        "Named intermediate expressions, in any order."),
      .required(
        "states", .named(.section(state), names: .identifier), "What changes in time, by name, with start and rate."),
      .optional(
        "phases", .named(.section(phase), names: .identifier), standard: "one, with the rates of the states",
        "Parts of a solution with rates of their own, by name; it begins in the first, and events lead on."),
      .optional(
        "events", .named(event, names: .identifier),
        "What happens at an instant, by name: new values of states, the next phase, or the end. Those at one time "
          + "follow each other in this order."),
    ])

  static let registeredModel = KeySection(
    title: "model",
    keys: [
      .required("swift", .text, "Name under which a Swift program registered the model."),
      .optional(
        "parameters", .named(.number(.any), names: .identifier),
        "Values of parameters, where they differ from the model's own."),
    ])

  static let parameter = KeySection(
    title: "a parameter",
    keys: [.required("value", .number(.any), "Its value, for members in which it does not vary.")] + labels)

  static let letExpression = KeySection(
    title: "a let",
    keys: [
      .required("value", .expression, "An expression over parameters, states, other lets and t.")
    ] + labels)

  static let state = KeySection(
    title: "a state",
    keys: [
      .required("start", .expression, "Value at the start: over parameters, t and lets that use no state."),
      .required("rate", .expression, "Derivative with respect to time: over parameters, states, lets and t."),
    ] + labels)

  static let output = KeySection(
    title: "an output",
    keys: [
      .required("value", .expression, "Such as final(x), maximum(x) - minimum(x) or at(x, 2.5).")
    ] + labels)

  private static let labels: [JobKey] = [
    .optional("units", .text, "Units, for the results file and its plots."),
    .optional("description", .text, "A longer name, for the results file and its plots."),
  ]

  // MARK: Solve

  static let adaptiveSolve = KeySection(
    title: "solve",
    keys: span + [
      .optional(
        "relative_tolerance", .number(.positive), standard: "1e-6 (1e-4 in single precision)",
        "Error allowed in a step, relative to the state; at least ten times the machine epsilon."),
      .optional(
        "absolute_tolerance", .either([.number(.positive), .named(.number(.positive), names: .identifier)]),
        standard: "1e-9 (1e-6 in single precision), less for states that stay small",
        "Error allowed in a step where the state is near zero, in the state's units: one number, or numbers by state, "
          + "with 'default' for the others."),
      .optional("first_step", .number(.positive), standard: "chosen by the solver", "Length of the first step."),
      .optional("maximum_step", .number(.positive), standard: "until - from", "The longest step allowed."),
      .optional(
        "nonnegative", .list(.name, length: 1...100_000), standard: "none",
        "States that must not become negative: steps are shortened to keep them so, or the member ends with a status."),
    ] + limits)

  static let fixedSolve = KeySection(
    title: "solve", keys: span + [.required("step", .number(.positive), "Length of every step but the last.")] + limits)

  private static let span: [JobKey] = [
    .optional("from", .time, standard: "0", "Time at the start, over parameters."),
    .required("until", .time, "Time at the end, over parameters; after 'from'."),
    .optional(
      "method", .choice(Method.allCases.map(\.rawValue)), standard: "tsit5",
      "Solver: tsit5, dopri5 and vern7 choose their steps; rk4 and euler take steps of a fixed length."),
  ]

  private static let limits: [JobKey] = [
    .optional(
      "switches", .choice(SwitchChoice.allCases.map(\.rawValue)), standard: "on",
      "Whether steps end where a comparison, 'sign', 'floor' or their like changes in a rate, let or output."),
    .optional(
      "maximum_steps", .integer(least: 1), standard: "100000",
      "Steps after which a member is given up, with a status that says so."),
    .optional(
      "save",
      .either([
        .byPresence([("every", saveEvery), ("at", saveAt)], otherwise: saveCount), .choice(["nothing"]),
      ]),
      standard: "nothing: only outputs are kept", "Times at which the states are kept."),
  ]

  private static let savedStates = JobKey.optional(
    "states", .list(.name, length: 1...100_000), standard: "all", "Names of the states to keep.")

  static let saveCount = KeySection(
    title: "solve.save",
    keys: [
      .required("count", .integer(least: 2), "This many times, equally far apart, both ends among them."), savedStates,
    ])

  static let saveEvery = KeySection(
    title: "solve.save",
    keys: [.required("every", .number(.positive), "Time between two saves, from the start on."), savedStates])

  static let saveAt = KeySection(
    title: "solve.save",
    keys: [
      .required(
        "at", .either([.number(.any), .list(.number(.any), length: 1...10_000_000)]),
        "The time to save at, or a list of times, increasing."), savedStates,
    ])
}
