extension JobKeys {
  static let gradient = KeySection(
    title: "gradient",
    keys: [
      .required(
        "of", .either([.list(.name, length: 1...100_000), .choice(["all"])]),
        "What is differentiated: outputs, or states for the derivatives of what solve.save keeps; 'all' means all outputs."
      ),
      .required(
        "with_respect_to", .either([.list(.name, length: 1...100_000), .choice(["all"])]),
        "By what: parameters and starts of states ('x.start'), whether they vary or not; 'all' means all that are numbers."
      ),
      .optional(
        "mode", .choice(GradientMode.allCases.map(\.rawValue)), standard: "auto",
        "reverse: costs about the same for any number of names; forward: for few names, and for saved states; auto: "
          + "chosen by their numbers."),
    ])
}
