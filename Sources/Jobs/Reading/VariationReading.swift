import Programs

/// Reads what varies.
struct VariationReading {
  let reader: FieldReader

  func read(_ entry: (name: Located<String>, field: Field)) -> Variation? {
    guard let fields = reader.fields(entry.field, JobKeys.variation) else { return nil }
    let space: VariationSpace? =
      if fields.section["values"] != nil {
        values(fields)
      } else if let distribution = JobKeys.distributions.first(where: { fields.section[$0.key] != nil }) {
        self.distribution(distribution, fields)
      } else {
        range(fields)
      }
    guard let space else { return nil }
    return Variation(name: Located(VariedName(entry.name.value), at: entry.name.location), space: space)
  }

  private func values(_ fields: Fields) -> VariationSpace? {
    guard let field = fields["values"], case .list(_, let length)? = fields.section["values"]?.kind else { return nil }
    return reader.numbers(field, length: length).map { .values($0.map(\.value)) }
  }

  private func range(_ fields: Fields) -> VariationSpace? {
    let from = fields.number("from")
    let to = fields.number("to")
    let count = fields.integer("count")
    let scale = fields.choice("scale", RangeScale.self)?.value ?? .linear
    if fields["count"] != nil, count == nil { return nil }
    guard let from, let to, isOrdered(from, to, "from", "to", fields) else { return nil }
    if scale == .log, from.value <= 0 {
      reader.report(
        .notAllowed(
          key: from.location.keyPath, rule: "greater than 0 with 'scale: log'", found: "\(short(from.value))"),
        at: from.location)
      return nil
    }
    if let count, count.value < 2 {
      reader.report(
        .notAllowed(key: count.location.keyPath, rule: "at least 2, for both ends of the range", found: "1"),
        at: count.location)
      return nil
    }
    return .range(from: from.value, to: to.value, count: count?.value, scale: scale)
  }

  // MARK: Distributions

  private func distribution(_ key: JobKeys.DistributionKey, _ fields: Fields) -> VariationSpace? {
    guard let field = fields[key.key] else { return nil }
    let distribution = parameters(key, field)
    let count = fields.integer("count")?.value
    if fields["count"] != nil, count == nil { return nil }
    var truncation: ClosedRange<Double>?
    if let bounds = fields["truncate"] {
      guard let pair = reader.numbers(bounds, length: 2...2, mayBeInfinite: true) else { return nil }
      guard pair[0].value < pair[1].value else {
        reportReversed(bounds.location, "low", "high", pair[0].value, pair[1].value)
        return nil
      }
      truncation = pair[0].value...pair[1].value
      if let support = distribution?.support,
        pair[1].value <= support.lowerBound || pair[0].value >= support.upperBound
      {
        reader.report(
          .notAllowed(
            key: bounds.keyPath,
            rule: "bounds that leave something of [\(short(support.lowerBound)), \(short(support.upperBound))]",
            found: "[\(short(pair[0].value)), \(short(pair[1].value))]"),
          at: bounds.location)
        return nil
      }
    }
    return distribution.map { .distribution($0, truncation: truncation, count: count) }
  }

  private func parameters(_ key: JobKeys.DistributionKey, _ field: Field) -> DistributionDescription? {
    if case .list(_, let length) = key.kind {
      guard let pair = reader.numbers(field, length: length) else { return nil }
      return interval(key.key, pair[0], pair[1], field)
    }
    guard let fields = reader.fields(field, key.kind) else { return nil }
    func number(_ name: String) -> Double? { fields.number(name)?.value }
    switch key.key {
    case "normal":
      return both(number("mean"), number("sd")).map { .normal(mean: $0, standardDeviation: $1) }
    case "lognormal":
      return both(number("median"), number("sigma")).map { .lognormal(median: $0, sigma: $1) }
    case "gamma":
      return both(number("shape"), number("scale")).map { .gamma(shape: $0, scale: $1) }
    case "exponential":
      return number("mean").map { .exponential(mean: $0) }
    case "triangular":
      return triangular(fields)
    case "beta":
      return beta(fields)
    default:
      preconditionFailure("the distribution '\(key.key)' has a key but no reading")
    }
  }

  private func interval(_ key: String, _ low: Located<Double>, _ high: Located<Double>, _ field: Field)
    -> DistributionDescription?
  {
    guard low.value < high.value else {
      reportReversed(field.location, "low", "high", low.value, high.value)
      return nil
    }
    if key == "uniform" { return .uniform(low: low.value, high: high.value) }
    guard low.value > 0 else {
      reader.report(
        .notAllowed(key: low.location.keyPath, rule: "greater than 0", found: short(low.value)), at: low.location)
      return nil
    }
    return .loguniform(low: low.value, high: high.value)
  }

  private func triangular(_ fields: Fields) -> DistributionDescription? {
    guard let low = fields.number("low"), let mode = fields.number("mode"), let high = fields.number("high"),
      isOrdered(low, high, "low", "high", fields)
    else { return nil }
    guard (low.value...high.value).contains(mode.value) else {
      reader.report(
        .notAllowed(
          key: mode.location.keyPath, rule: "from \(short(low.value)) to \(short(high.value))",
          found: short(mode.value)),
        at: mode.location)
      return nil
    }
    return .triangular(low: low.value, mode: mode.value, high: high.value)
  }

  private func beta(_ fields: Fields) -> DistributionDescription? {
    let low = fields.number("low") ?? Located(0, at: fields.location)
    let high = fields.number("high") ?? Located(1, at: fields.location)
    guard let alpha = fields.number("alpha"), let beta = fields.number("beta"),
      isOrdered(low, high, "low", "high", fields)
    else { return nil }
    return .beta(alpha: alpha.value, beta: beta.value, low: low.value, high: high.value)
  }

  // MARK: Checks

  private func both(_ one: Double?, _ other: Double?) -> (Double, Double)? {
    if let one, let other { (one, other) } else { nil }
  }

  private func isOrdered(
    _ low: Located<Double>, _ high: Located<Double>, _ lowName: String, _ highName: String, _ fields: Fields
  ) -> Bool {
    if low.value < high.value { return true }
    let place = Location(
      line: low.location.line, column: low.location.column, keyPath: fields.location.keyPath)
    reportReversed(place, lowName, highName, low.value, high.value)
    return false
  }

  private func reportReversed(
    _ location: Location, _ low: String, _ high: String, _ lowValue: Double, _ highValue: Double
  ) {
    reader.report(
      .reversed(key: location.keyPath, low: low, high: high, lowValue: lowValue, highValue: highValue), at: location)
  }

  private func short(_ value: Double) -> String { Expression.shortest(value) }
}
