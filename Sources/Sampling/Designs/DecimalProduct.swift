/// The exact product of whole numbers, however many digits it takes, to tell a user how large a design would be.
struct DecimalProduct: CustomStringConvertible {
  /// Digits in base 10⁹, the least first.
  private var digits: [UInt64] = [1]
  /// The product, where an Int holds it.
  private(set) var exactly: Int? = 1

  init(of factors: [Int]) {
    for factor in factors { multiply(by: factor) }
  }

  private mutating func multiply(by factor: Int) {
    precondition(factor >= 1, "a design has no factor of \(factor)")
    exactly = exactly.flatMap { product in
      let (result, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? nil : result
    }
    var carry: UInt64 = 0
    for index in digits.indices {
      // 10⁹ · 2⁶³ needs more than 64 bits, the quotient by 10⁹ does not.
      var (high, low) = digits[index].multipliedFullWidth(by: UInt64(factor))
      let overflow: Bool
      (low, overflow) = low.addingReportingOverflow(carry)
      if overflow { high += 1 }
      (carry, digits[index]) = Self.base.dividingFullWidth((high, low))
    }
    while carry > 0 {
      digits.append(carry % Self.base)
      carry /= Self.base
    }
  }

  private static let base: UInt64 = 1_000_000_000

  var description: String {
    let groups = digits.reversed().map(String.init)
    return groups[0] + groups.dropFirst().map { String(repeating: "0", count: 9 - $0.count) + $0 }.joined()
  }
}
