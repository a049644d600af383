import CMPI

/// Sums across ranks. Every rank calls these in the same order; all throw `ClusterError.mpi`.
extension Communicator {
  /// The totals of all ranks' sums, each rounded once to the nearest double, the same bits on every rank.
  ///
  /// Of many sums each rank finishes a part, and hands the others doubles, so that not much more than twice the bytes of a
  /// plain reduction travel; a piece at a time, so that what is worked on stays in a cache.
  ///
  /// - Parameter sums: as many, of as many slices, on every rank.
  public func totals(_ sums: ReproducibleSums) throws -> [Double] {
    guard world != nil, sums.slicesEach == 3, sums.count / size >= Self.sumsToFinish else {
      return try combined(sums).values
    }
    try barrier()
    let piece = max(Self.piece, Self.sumsToFinish * size)
    var (own, received) = ([Int128](repeating: 0, count: piece), [Int128](repeating: 0, count: piece + size))
    return try [Double](unsafeUninitializedCapacity: sums.count) { all, written in
      for start in stride(from: 0, to: sums.count, by: piece) {
        let part = start..<min(start + piece, sums.count)
        try finish(sums, part, &own, &received, into: UnsafeMutableBufferPointer(rebasing: all[part]))
      }
      written = sums.count
    }
  }

  /// From so many sums a rank on, messages of parts are long enough to be worth their number.
  private static let sumsToFinish = 1024
  /// Sums that are worked on at a time. Measured with 10⁶ sums on 2 ranks: on a machine at rest 38 ms all at once.
  private static let piece = 1 << 16

  private func finish(
    _ sums: ReproducibleSums, _ piece: Range<Int>, _ own: inout [Int128], _ received: inout [Int128],
    into totals: UnsafeMutableBufferPointer<Double>
  ) throws {
    let bands = try commonBands(sums.bands[piece])
    sums.wideTotals(piece, inUnitsOf: bands, into: &own)
    let parts = (0..<size).map { piece.count * $0 / size..<piece.count * ($0 + 1) / size }
    let mine = parts[rank]
    // A total is two words of 64 bits.
    let (lengths, starts) = (parts.map { 2 * Int32($0.count) }, parts.map { 2 * Int32($0.lowerBound) })
    let (shares, places) = (parts.map { _ in lengths[rank] }, parts.indices.map { Int32($0) * lengths[rank] })
    try MPI.check("MPI_Alltoallv") {
      MPI_Alltoallv(
        own, lengths, starts, flowmap_mpi_int64(), &received, shares, places, flowmap_mpi_int64(), world)
    }
    for other in 1..<size {
      for sum in mine.indices {
        received[sum - mine.lowerBound] &+= received[other * mine.count + sum - mine.lowerBound]
      }
    }
    var rounded = [Double](repeating: 0, count: mine.count)
    for sum in 0..<mine.count {
      rounded[sum] = ReproducibleSums.rounded(received[sum], inUnitsOf: bands[mine.lowerBound + sum])
    }
    try MPI.check("MPI_Allgatherv") {
      MPI_Allgatherv(
        rounded, Int32(mine.count), flowmap_mpi_double(), totals.baseAddress, parts.map { Int32($0.count) },
        parts.map { Int32($0.lowerBound) }, flowmap_mpi_double(), world)
    }
  }

  /// The sums over all ranks with all their slices, to add to further.
  public func combined(_ sums: ReproducibleSums) throws -> ReproducibleSums {
    guard world != nil else { return sums }
    try barrier()
    let bands = try commonBands(sums.bands[...])
    let aligned = sums.aligned(to: bands)
    return ReproducibleSums(bands: bands, slices: try allreduce(aligned, .sum))
  }

  /// The statistics of all ranks' values; equally many quantities on every rank.
  public func combined(_ statistics: [Statistics]) throws -> [Statistics] {
    guard world != nil, !statistics.isEmpty else { return statistics }
    let counts = try allreduce(statistics.flatMap { [$0.count, $0.missing] }, .sum)
    let extremes = try allreduce(statistics.flatMap { [$0.lowest, ~$0.highest] }, .minimum)
    return try statistics.indices.map { index in
      Statistics(
        count: counts[2 * index], missing: counts[2 * index + 1], sums: try combined(statistics[index].sums),
        lowest: extremes[2 * index], highest: ~extremes[2 * index + 1])
    }
  }

  /// The highest band of each sum on any rank. Called when all ranks are here, after a barrier that waits in naps: calls
  /// that block are many times as fast, and so nobody spins for a rank that is still computing.
  private func commonBands(_ bands: ArraySlice<Int8>) throws -> [Int8] {
    let mine = Array(bands)
    var common = mine
    try MPI.check("MPI_Allreduce") {
      MPI_Allreduce(mine, &common, Int32(mine.count), flowmap_mpi_int8(), flowmap_mpi_max(), world)
    }
    return common
  }
}

extension ReproducibleSums {
  /// All slices in units of the given bands, in the order of `slices`.
  fileprivate func aligned(to bands: [Int8]) -> [Int] {
    slices.indices.map { place in
      let (slice, sum) = place.quotientAndRemainder(dividingBy: count)
      let step = Int(bands[sum]) - Int(self.bands[sum])
      return slice >= step ? slices[place - step * count] : 0
    }
  }
}
