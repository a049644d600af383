import Programs

/// The solution on one step as a polynomial in θ from 0 (the step's start) to 1: rows of coefficients, constant first.
struct DenseOutput {
  /// `[degree + 1]` staged states.
  let coefficients: [Staged]
  let start: Staged
  let length: Staged

  /// - Parameters:
  ///   - rates: of all stages, the final rate and the extra stages.
  init(_ interpolant: ButcherTableau.Interpolant, state: Staged, rates: [Staged], start: Staged, length: Staged) {
    var coefficients = [state]
    for power in 0..<interpolant.degree {
      let weights = interpolant.polynomials.map { $0[power] }
      coefficients.append(length * combination(weights, rates))
    }
    self.coefficients = coefficients
    self.start = start
    self.length = length
  }

  func state(at theta: Staged) -> Staged {
    coefficients.dropLast().reversed().reduce(coefficients[coefficients.count - 1]) { $0 * theta + $1 }
  }

  func time(at theta: Staged) -> Staged { start + length * theta }

  /// The state's derivative by θ.
  func slope(at theta: Staged) -> Staged {
    let degree = coefficients.count - 1
    let terms = (1...degree).map { $0 == 1 ? coefficients[1] : Staged(Double($0)) * coefficients[$0] }
    return terms.dropLast().reversed().reduce(terms[degree - 1]) { $0 * theta + $1 }
  }

  init(coefficients: [Staged], start: Staged, length: Staged) {
    (self.coefficients, self.start, self.length) = (coefficients, start, length)
  }

  /// The part of the step up to θ, as a step of its own.
  func truncated(at theta: Staged) -> DenseOutput {
    var (scaled, factor) = ([coefficients[0]], theta)
    for coefficient in coefficients.dropFirst() {
      scaled.append(coefficient * factor)
      factor = factor * theta
    }
    return DenseOutput(coefficients: scaled, start: start, length: length * theta)
  }

  /// The same step without derivatives.
  var withoutDerivatives: DenseOutput {
    DenseOutput(
      coefficients: coefficients.map { stopGradient($0) }, start: stopGradient(start), length: stopGradient(length))
  }
}

/// Σ weightᵢ · valueᵢ over the weights that are not zero, first to last.
func combination(_ weights: [Double], _ values: [Staged]) -> Staged {
  var total: Staged?
  for (weight, value) in zip(weights, values) where weight != 0 {
    let term = weight == 1 ? value : Staged(weight) * value
    total = total.map { $0 + term } ?? term
  }
  return total ?? values[0] * 0
}
