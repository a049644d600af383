/// Units of measurement as users write them: texts that UDUNITS reads, such as `m/s` or `mol L-1`.
enum Units {
  /// The units of a quotient.
  static func quotient(_ numerator: String, _ denominator: String) -> String {
    if denominator == "1" { return numerator }
    if numerator == denominator { return "1" }
    return factor(numerator) + "/" + factor(denominator)
  }

  private static func factor(_ units: String) -> String {
    units.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0 == "1" || $0 == "%" || $0 == "°" }
      ? units : "(\(units))"
  }
}
