import Programs

extension Interpreter {
  /// Sums up what `tabulated` would have written; see `Moments`.
  func moments(_ operands: [Array], _ degree: Int, to result: Array, _ mask: UnsafeMutablePointer<T>?) {
    let (series, times) = (operands[Tabulation.series], operands[Tabulation.times])
    let length = times.count
    let count = length > 0 ? series.count / length : 0
    func number(_ operand: Array, _ component: Int, _ column: Int) -> T {
      operand.isShared ? operand.start[component] : operand.start[component * width + column]
    }
    for component in 0..<result.count { (result.start + component * width).update(repeating: 0, count: columns) }
    for column in 0..<columns where mask == nil || mask?[column] != 0 {
      let start = number(operands[Tabulation.cursor], 0, column)
      let until = number(operands[Tabulation.until], 0, column)
      let origin = number(operands[Tabulation.origin], 0, column)
      let scale = number(operands[Tabulation.scale], 0, column)
      var entry = start > 0 ? (start < T(length) ? Int(start) : length) : 0
      while entry < length, times.start[entry] <= until {
        let theta = (times.start[entry] - origin) * scale
        for component in 0..<count {
          var value = number(series, component * length + entry, column)
          for power in 0...degree {
            result.start[(power * count + component) * width + column] += value
            value *= theta
          }
        }
        entry += 1
      }
    }
  }

  /// Fills each member's table as far as its step reaches; see `Tabulation`.
  func tabulated(
    _ operands: [Array], to series: Array, _ cursor: Array, isInPlace: Bool, _ mask: UnsafeMutablePointer<T>?
  ) {
    if !isInPlace { copy(operands[Tabulation.series], to: series) }
    let times = operands[Tabulation.times]
    let coefficients = operands[Tabulation.coefficients]
    let length = times.count
    let count = length > 0 ? series.count / length : 0
    let degree = count > 0 ? coefficients.count / count - 1 : 0
    func number(_ operand: Array, _ component: Int, _ column: Int) -> T {
      operand.isShared ? operand.start[component] : operand.start[component * width + column]
    }
    for column in 0..<columns {
      let start = number(operands[Tabulation.cursor], 0, column)
      cursor.start[column] = start
      // A member that has ended keeps its table, which is written in place.
      if let mask, mask[column] == 0 { continue }
      let first = start > 0 ? (start < T(length) ? Int(start) : length) : 0
      let until = number(operands[Tabulation.until], 0, column)
      var end = first
      while end < length, times.start[end] <= until { end += 1 }
      if end == first { continue }
      cursor.start[column] = T(end)
      let origin = number(operands[Tabulation.origin], 0, column)
      let scale = number(operands[Tabulation.scale], 0, column)
      for entry in first..<end {
        let theta = (times.start[entry] - origin) * scale
        for component in 0..<count {
          var value = number(coefficients, degree * count + component, column)
          for power in stride(from: degree - 1, through: 0, by: -1) {
            value = value * theta + number(coefficients, power * count + component, column)
          }
          series.start[(component * length + entry) * width + column] = value
        }
      }
    }
  }
}
