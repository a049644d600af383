import Foundation
import Sampling
import Testing

@Suite struct MomentsTests {
  private let values = (0..<1000).map { 1e6 + sin(Double($0)) }

  @Test func momentsAgreeWithTwoPasses() {
    var moments = Moments()
    moments.add(contentsOf: values)
    let mean = values.reduce(0, +) / 1000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 999
    #expect(abs(moments.mean / mean - 1) < 1e-14)
    #expect(abs(moments.variance / variance - 1) < 1e-9)
    #expect(moments.minimum == values.min() && moments.maximum == values.max() && moments.count == 1000)
  }

  @Test func mergingPartsIsAddingAll() {
    var whole = Moments()
    whole.add(contentsOf: values)
    for cut in [0, 1, 333, 999, 1000] {
      var (left, right) = (Moments(), Moments())
      left.add(contentsOf: values[..<cut])
      right.add(contentsOf: values[cut...])
      left.merge(right)
      #expect(left.count == 1000 && left.minimum == whole.minimum && left.maximum == whole.maximum)
      #expect(abs(left.mean / whole.mean - 1) < 1e-14)
      #expect(abs(left.variance / whole.variance - 1) < 1e-9)
    }
    let parts = stride(from: 0, to: 1000, by: 70).map { start in
      var part = Moments()
      part.add(contentsOf: values[start..<min(1000, start + 70)])
      return part
    }
    let tree = Moments(merging: parts)
    #expect(tree.count == 1000 && abs(tree.variance / whole.variance - 1) < 1e-9)
  }

  @Test func missingValuesAreCountedApart() {
    var moments = Moments()
    moments.add(contentsOf: [.nan, 2, .nan, 4])
    #expect(moments.count == 2 && moments.countOfNaN == 2 && moments.mean == 3 && moments.variance == 2)
    var failed = Moments()
    failed.add(.nan)
    failed.merge(moments)
    #expect(failed.count == 2 && failed.countOfNaN == 3 && failed.minimum == 2 && failed.maximum == 4)
  }

  @Test func nothingHasNoMean() {
    let empty = Moments()
    #expect(empty.mean.isNaN && empty.variance.isNaN && empty.minimum.isNaN && empty.maximum.isNaN)
    #expect(Moments(merging: []) == empty)
    var one = Moments()
    one.add(5)
    #expect(one.mean == 5 && one.variance.isNaN && one.minimum == 5 && one.maximum == 5)
  }
}
