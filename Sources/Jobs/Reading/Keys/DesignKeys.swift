extension JobKeys {
  /// What `design`, or one of a list of designs, can be.
  static let design = ValueKind.byChoice(
    key: "method",
    [
      (["zip"], zipDesign),
      (["random", "latin-hypercube", "sobol"], sampledDesign),
      (["table"], tableDesign),
    ], otherwise: gridDesign)

  private static let method = JobKey.optional(
    "method", .choice(DesignMethod.allCases.map(\.rawValue)), standard: "grid",
    "grid: every combination; zip: groups that advance together; random, latin-hypercube, sobol: draws; table: the "
      + "rows of a file.")

  static let gridDesign = KeySection(title: "design", keys: [method])

  static let zipDesign = KeySection(
    title: "design",
    keys: [
      method,
      .optional(
        "groups", .named(.list(.name, length: 1...100_000), names: .identifier), standard: "one group of all that vary",
        "Named groups of what varies: members of a group advance together, groups are crossed with each other and "
          + "with the rest."),
    ])

  static let sampledDesign = KeySection(
    title: "design",
    keys: [
      method,
      .required("count", .integer(least: 1), "How many members."),
      .optional("seed", .integer(least: 0), standard: "0", "Seed of the draws; equal seeds give equal members."),
    ])

  static let tableDesign = KeySection(
    title: "design",
    keys: [
      method,
      .required("file", .text, "A CSV or TSV file with a header, one member a row; relative to the job file."),
      .optional(
        "columns", .named(.text, names: .varied), standard: "every column gives what it is named after",
        "Which column gives which parameter or start: {rho: column name}."),
    ])
}
