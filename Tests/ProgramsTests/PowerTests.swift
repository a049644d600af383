import Foundation
import Programs
import Testing

@Suite struct PowerTests {
  /// The C library's `pow`, as in the executors' generated code.
  @Test func powerIsTheCLibrarys() {
    let values: [Double] = [
      0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 2.5, -2.5, 1e300, -1e300, 1e-300, 9_007_199_254_740_991, 101, -101,
      .infinity,
      -.infinity, .nan,
    ]
    for x in values {
      for y in values {
        let (found, expected) = (BinaryFunction.power.value(x, y), Foundation.pow(x, y))
        #expect(
          (found == expected && found.sign == expected.sign) || (found.isNaN && expected.isNaN), "\(x) to the \(y)")
      }
    }
  }
}
