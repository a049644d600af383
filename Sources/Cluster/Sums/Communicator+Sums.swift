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
    var totals = [Double](repeating: 0, count: sums.count)
    try total(sums, into: &totals)
    return totals
  }

  /// The same into memory that is there, such as that of the last iteration: fresh memory costs as much as the sums.
  /// - Precondition: there is a place for each sum.
  public func total(_ sums: ReproducibleSums, into totals: inout [Double]) throws {
    precondition(totals.count == sums.count, "a place for each sum")
    guard world != nil, sums.slicesEach == 3, sums.count / size >= Self.sumsToFinish else {
      totals = try combined(sums).values
      return
    }
    let bands = try commonBands(sums)
    let piece = max(Self.piece, Self.sumsToFinish * size)
    var (own, received) = ([Int128](repeating: 0, count: piece), [Int128](repeating: 0, count: piece + size))
    try totals.withUnsafeMutableBufferPointer { totals in
      for start in stride(from: 0, to: sums.count, by: piece) {
        let part = start..<min(start + piece, sums.count)
        try finish(sums, part, bands, &own, &received, into: UnsafeMutableBufferPointer(rebasing: totals[part]))
      }
    }
  }

  /// From so many sums a rank on, messages of parts are long enough to be worth their number.
  private static let sumsToFinish = 1024
  /// Sums that are worked on at a time. Measured with 10⁶ sums on 2 ranks: 38 ms all at once, 10 ms so.
  private static let piece = 1 << 16

  private func finish(
    _ sums: ReproducibleSums, _ piece: Range<Int>, _ bands: [Int8], _ own: inout [Int128], _ received: inout [Int128],
    into totals: UnsafeMutableBufferPointer<Double>
  ) throws {
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
    var rounded = [Double](repeating: 0, count: mine.count)
    received.withUnsafeMutableBufferPointer { received in
      for other in 1..<size {
        for sum in 0..<mine.count { received[sum] &+= received[other * mine.count + sum] }
      }
      bands.withUnsafeBufferPointer { bands in
        rounded.withUnsafeMutableBufferPointer {
          ReproducibleSums.round(
            UnsafeBufferPointer(rebasing: received[..<mine.count]),
            inUnitsOf: UnsafeBufferPointer(
              rebasing: bands[piece.lowerBound + mine.lowerBound..<piece.lowerBound + mine.upperBound]),
            into: $0)
        }
      }
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
    let bands = try commonBands(sums)
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

  /// The highest band of each sum on any rank.
  ///
  /// Waits in naps until all ranks are here. What follows may block, which is many times as fast, as nobody spins for a rank
  /// that is still computing.
  private func commonBands(_ sums: ReproducibleSums) throws -> [Int8] {
    try barrier()
    let count = try MPI.count(sums.count, "MPI_Allreduce")
    return try [Int8](unsafeUninitializedCapacity: sums.count) { common, written in
      try MPI.check("MPI_Allreduce") {
        MPI_Allreduce(sums.bands, common.baseAddress, count, flowmap_mpi_int8(), flowmap_mpi_max(), world)
      }
      written = sums.count
    }
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
