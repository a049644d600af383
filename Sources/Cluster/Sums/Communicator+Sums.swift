import CMPI

/// Sums across ranks. Every rank calls these in the same order; all throw `ClusterError.mpi`.
extension Communicator {
  /// The totals of all ranks' sums, each rounded once to the nearest double, the same bits on every rank.
  ///
  /// Each rank finishes its part of the sums and hands the others doubles, so that little more than twice the bytes of a
  /// plain reduction travel.
  ///
  /// - Parameter sums: as many, of as many slices, on every rank.
  public func totals(_ sums: ReproducibleSums) throws -> [Double] {
    guard let world else { return sums.values }
    let (bands, slices) = (try commonBands(sums), sums.slicesEach)
    let parts = (0...size).map { sums.count * $0 / size }
    // The slices of each rank's part together, as the reduction wants them.
    var aligned = [Int](repeating: 0, count: sums.slices.count)
    for part in 0..<size {
      let (first, end) = (parts[part], parts[part + 1])
      sums.align(first..<end, to: bands, into: &aligned, from: slices * first)
    }
    var lengths = (0..<size).map { Int32(parts[$0 + 1] - parts[$0]) }
    let starts = parts.dropLast().map { Int32($0) }
    let shares = try (0..<size).map { try MPI.count(Int(lengths[$0]) * slices, "MPI_Reduce_scatter") }
    let mine = parts[rank]..<parts[rank + 1]
    var reduced = [Int](repeating: 0, count: mine.count * slices)
    try gathered()
    try MPI.check("MPI_Reduce_scatter") {
      MPI_Reduce_scatter(aligned, &reduced, shares, flowmap_mpi_int64(), flowmap_mpi_sum(), world)
    }
    let own = ReproducibleSums(bands: Array(bands[mine]), slices: reduced).values
    var totals = [Double](repeating: 0, count: sums.count)
    try MPI.check("MPI_Allgatherv") {
      MPI_Allgatherv(
        own, lengths[rank], flowmap_mpi_double(), &totals, &lengths, starts, flowmap_mpi_double(), world)
    }
    return totals
  }

  /// The sums over all ranks with all their slices, to add to further.
  public func combined(_ sums: ReproducibleSums) throws -> ReproducibleSums {
    guard world != nil else { return sums }
    let bands = try commonBands(sums)
    var aligned = [Int](repeating: 0, count: sums.slices.count)
    sums.align(0..<sums.count, to: bands, into: &aligned, from: 0)
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
  private func commonBands(_ sums: ReproducibleSums) throws -> [Int8] {
    var bands = sums.bands
    let count = try MPI.count(bands.count, "MPI_Allreduce")
    try gathered()
    try MPI.check("MPI_Allreduce") {
      MPI_Allreduce(sums.bands, &bands, count, flowmap_mpi_int8(), flowmap_mpi_max(), world)
    }
    return bands
  }

  /// Waits in naps until all ranks are here: the blocking calls that follow are faster than their counterparts, and now
  /// nobody spins for a rank that is still computing.
  private func gathered() throws { try barrier() }
}

extension ReproducibleSums {
  /// Writes the slices of some sums in units of the given bands, slice after slice.
  fileprivate func align(_ sums: Range<Int>, to bands: [Int8], into target: inout [Int], from start: Int) {
    var place = start
    for slice in 0..<slicesEach {
      for sum in sums {
        let step = Int(bands[sum]) - Int(self.bands[sum])
        target[place] = slice >= step ? slices[(slice - step) * count + sum] : 0
        place += 1
      }
    }
  }
}
