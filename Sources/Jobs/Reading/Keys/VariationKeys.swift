extension JobKeys {
  /// What the value of a key under `vary` can be.
  static let variation = ValueKind.byPresence(
    [("values", listedValues)] + distributions.map { ($0.key, distribution($0)) }, otherwise: range)

  static let range = KeySection(
    title: "a range",
    keys: [
      .required("from", .number(.any), "The first value."),
      .required("to", .number(.any), "The last value, which is greater."),
      .optional("count", .integer(least: 1), "How many values, both ends among them; grids and zips need it."),
      .optional(
        "scale", .choice(RangeScale.allCases.map(\.rawValue)), standard: "linear",
        "'log' spaces the values in equal ratios; bounds are values, never exponents."),
    ])

  static let listedValues = KeySection(
    title: "listed values",
    keys: [.required("values", .list(.number(.any), length: 1...10_000_000), "The values, in any order.")])

  /// A distribution's key and what stands behind it.
  struct DistributionKey: Sendable {
    let key: String
    let kind: ValueKind
    let meaning: String
  }

  /// The mapping that a distribution's key stands in, with what any distribution can have besides.
  static func distribution(_ distribution: DistributionKey) -> KeySection {
    KeySection(
      title: "a distribution",
      keys: [
        .required(distribution.key, distribution.kind, distribution.meaning),
        .optional("truncate", pair, "Bounds [low, high] outside which nothing is drawn; they may be -inf or inf."),
        .optional("count", .integer(least: 1), "How many quantiles a grid or a zip takes."),
      ])
  }

  private static let pair = ValueKind.list(.number(.any), length: 2...2)

  static let distributions: [DistributionKey] = [
    DistributionKey(
      key: "normal",
      kind: section(
        .required("mean", .number(.any), "Mean."),
        .required("sd", .number(.positive), "Standard deviation.")),
      meaning: "The normal distribution: {mean, sd}."),
    DistributionKey(
      key: "lognormal",
      kind: section(
        .required("median", .number(.positive), "Median, a value: exp of the logarithm's mean."),
        .required("sigma", .number(.positive), "Standard deviation of the natural logarithm.")),
      meaning: "The lognormal distribution: {median, sigma}."),
    DistributionKey(key: "uniform", kind: pair, meaning: "The uniform distribution: [low, high]."),
    DistributionKey(
      key: "loguniform", kind: pair, meaning: "Uniform in the logarithm: [low, high], values greater than 0."),
    DistributionKey(
      key: "triangular",
      kind: section(
        .required("low", .number(.any), "The least value."),
        .required("mode", .number(.any), "The likeliest value."),
        .required("high", .number(.any), "The greatest value.")),
      meaning: "The triangular distribution: {low, mode, high}."),
    DistributionKey(
      key: "beta",
      kind: section(
        .required("alpha", .number(.positive), "First shape."),
        .required("beta", .number(.positive), "Second shape."),
        .optional("low", .number(.any), standard: "0", "The least value."),
        .optional("high", .number(.any), standard: "1", "The greatest value.")),
      meaning: "The beta distribution, stretched to [low, high]: {alpha, beta, low, high}."),
    DistributionKey(
      key: "gamma",
      kind: section(
        .required("shape", .number(.positive), "Shape."),
        .required("scale", .number(.positive), "Scale; the mean is shape times scale.")),
      meaning: "The gamma distribution: {shape, scale}."),
    DistributionKey(
      key: "exponential", kind: section(.required("mean", .number(.positive), "Mean.")),
      meaning: "The exponential distribution: {mean}."),
  ]

  private static func section(_ keys: JobKey...) -> ValueKind {
    .section(KeySection(title: "a distribution's parameters", keys: keys))
  }
}
