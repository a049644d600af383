import CMPI
import Cluster
import Foundation

/// Sums and statistics over made-up members that are dealt to the ranks in a way that depends on their number.
///
/// - Returns: a line of all bits of the sums, made short, and one of the statistics.
func sums(count: Int, members: Int, _ communicator: Communicator) throws -> String {
  var sums = ReproducibleSums(count: count)
  var statistics = [Statistics(), Statistics()]
  for member in 0..<members where (member * 7919 + member / 5) % communicator.size == communicator.rank {
    let values = (0..<count).map { value(member: member, place: $0) }
    sums.add(values)
    statistics[0].add(values)
    statistics[1].add([member % 10 == 7 ? .nan : 1e8 + values[0]])
  }
  let totals = try communicator.totals(sums)
  let combined = try communicator.combined(sums).values
  precondition(zip(totals, combined).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) })
  let all = try communicator.combined(statistics)
  let words = all.map { "\($0.count) \($0.missing) \($0.mean) \($0.standardDeviation) \($0.minimum) \($0.maximum)" }
  return totals.map { String($0.bitPattern, radix: 36) }.joined(separator: " ") + "\n" + words.joined(separator: ", ")
}

/// Numbers of all sizes and signs; a few places also get an infinity or a NaN from one member.
private func value(member: Int, place: Int) -> Double {
  if member == 9 && place % 100 == 3 { return .infinity }
  if member == 11 && place % 200 == 3 { return -.infinity }
  if member == 5 && place % 100 == 4 { return .nan }
  let angle = Double(member * 31 + place * 17)
  return sin(angle) * pow(2, Double(place % 41) * cos(angle * 3))
}

/// Microseconds of a plain reduction over ranks, of a reproducible one, and of adding a vector to either's local part.
func sumsSpeed(count: Int, _ communicator: Communicator) throws -> String {
  let values = (0..<count).map { sin(Double($0 + communicator.rank)) }
  var (plain, sums) = (values, ReproducibleSums(count: count))
  sums.add(values)
  func time(_ work: () throws -> Void) throws -> Double {
    let rounds = max(5, min(500, 4_000_000 / count))
    var times: [Double] = []
    for _ in 0..<rounds {
      try communicator.barrier()
      let start = ContinuousClock.now
      try work()
      times.append(start.duration(to: .now) / .microseconds(1))
    }
    return times.sorted()[rounds / 2]
  }
  let plainReduction = try time { _ = try communicator.allreduce(plain, .sum) }
  let blocking = try time { _ = plainAllreduce(plain, communicator) }
  let reproducible = try time { _ = try communicator.totals(sums) }
  let plainAdding = try time { for place in 0..<count { plain[place] += values[place] } }
  let adding = try time { sums.add(values) }
  return [plainReduction, blocking, reproducible, plainAdding, adding].map { "\($0)" }.joined(separator: " ")
}

/// MPI's own sum, which spins: the least that a reduction can take.
private func plainAllreduce(_ values: [Double], _ communicator: Communicator) -> [Double] {
  guard let world = communicator.world else { return values }
  var sums = values
  MPI_Allreduce(values, &sums, Int32(values.count), flowmap_mpi_double(), flowmap_mpi_sum(), world)
  return sums
}
