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

/// Microseconds of MPI's own sum over ranks, of a reproducible one, and of adding a vector to the local part of the latter:
/// the least of several rounds, as ranks that share their cores with others wait for each other most of the time.
func sumsSpeed(count: Int, _ communicator: Communicator) throws -> String {
  let values = (0..<count).map { sin(Double($0 + communicator.rank)) }
  var (plain, totals) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
  var sums = ReproducibleSums(count: count)
  sums.add(values)
  func time(_ work: () throws -> Void) throws -> Double {
    try communicator.barrier()
    let start = ContinuousClock.now
    try work()
    return start.duration(to: .now) / .microseconds(1)
  }
  let rounds = max(9, min(500, 4_000_000 / count))
  var times: [[Double]] = [[], [], []]
  for _ in 0..<rounds {
    times[0].append(try time { plainSum(values, into: &plain, communicator) })
    times[1].append(try time { try communicator.total(sums, into: &totals) })
    times[2].append(try time { sums.add(values) })
  }
  return times.map { "\($0.min()!)" }.joined(separator: " ")
}

/// MPI's own sum, which spins, into memory that is there: the least that a reduction can take.
private func plainSum(_ values: [Double], into sums: inout [Double], _ communicator: Communicator) {
  guard let world = communicator.world else { return }
  MPI_Allreduce(values, &sums, Int32(values.count), flowmap_mpi_double(), flowmap_mpi_sum(), world)
}
