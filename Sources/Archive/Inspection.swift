import CHDF5
import Cluster
import Foundation

/// What is in a shard or a merged file. Made by reading all of it once, in memory that does not grow.
public struct Inspection: Sendable {
  public enum Kind: Equatable, Sendable {
    /// A file with all members, in order.
    case merged
    /// A part of a job's results. `damaged` counts committed chunks whose data do not match their checksums.
    case shard(job: JobIdentity, committedChunks: Int, chunkCount: Int, damaged: Int)
  }

  public struct FoundAxis: Equatable, Sendable {
    public let name: String
    public let length: Int
    /// First and last value of its coordinate, or nil if it has none.
    public let ends: [Double]?
    public let attributes: [Attribute]
  }

  public struct Quantity: Equatable, Sendable {
    public let name: String
    /// Names of its axes, outermost first.
    public let axes: [String]
    public let attributes: [Attribute]
    /// Whether it says what was varied.
    public let isCoordinate: Bool
    public let summary: Statistics
    /// For a variable of flags, how many values have each meaning, in the order of the flags.
    public let flags: [Flag]
  }

  public struct Flag: Equatable, Sendable {
    public let meaning: String
    public let count: Int

    public init(meaning: String, count: Int) { (self.meaning, self.count) = (meaning, count) }
  }

  public let path: String
  public let kind: Kind
  public let attributes: [Attribute]
  public let axes: [FoundAxis]
  public let quantities: [Quantity]

  /// - Throws: `ArchiveError.hdf5` if the file cannot be read, `.notShard` if it is a shard of another version.
  public init(reading path: String) throws {
    let file = try HDF5File(reading: path)
    let attributes = try file.attributes(of: file.id, path)
    if attributes.first(Shard.formatAttribute) != nil {
      try file.close()
      try self.init(shard: ShardReader(path))
    } else {
      try self.init(merged: file, attributes)
    }
  }

  // MARK: Shards

  private init(shard: ShardReader) throws {
    let layout = shard.layout
    let slots = try shard.committedSlots()
    var tallies = layout.variables.map { Tally($0.attributes) }
    var damaged = 0
    let buffers = ChunkBuffers(layout)
    for slot in slots {
      let chunk = slot.chunk..<slot.chunk + 1
      buffers.hold(chunk)
      try shard.read(chunk, into: buffers)
      guard buffers.checksum(slot.chunk) == slot.checksum else {
        damaged += 1
        continue
      }
      for (index, variable) in layout.variables.enumerated() {
        tallies[index].add(UnsafeRawBufferPointer(buffers.bytes(index, chunk)), variable.elementType)
      }
    }
    path = shard.path
    kind = .shard(
      job: shard.job, committedChunks: slots.count, chunkCount: layout.chunkCount, damaged: damaged)
    attributes = layout.attributes
    let member = FoundAxis(name: ResultsLayout.memberAxis, length: layout.memberCount, ends: nil, attributes: [])
    axes =
      [member]
      + layout.axes.map { dimension in
        FoundAxis(
          name: dimension.name, length: dimension.length,
          ends: dimension.coordinate.map { [$0[0], $0[$0.count - 1]] }, attributes: dimension.attributes)
      }
    quantities = zip(layout.variables, tallies).map { variable, tally in
      Quantity(
        name: variable.name, axes: [ResultsLayout.memberAxis] + variable.innerAxes,
        attributes: variable.attributes, isCoordinate: variable.isCoordinate, summary: tally.summary,
        flags: tally.flags)
    }
  }

  // MARK: Merged files

  private init(merged file: HDF5File, _ attributes: [Attribute]) throws {
    (path, kind, self.attributes) = (file.path, .merged, attributes.filter { !$0.name.hasPrefix("_") })
    var axes: [FoundAxis] = []
    var variables: [(name: String, dataset: RowDataset, axes: [String], attributes: [Attribute], tally: Tally)] = []
    var coordinates: Set<String> = []
    for name in try file.datasetNames() {
      let dataset = try file.dataset(name)
      guard !dataset.extents.isEmpty, try file.isNumeric(dataset) else { continue }
      let attributes = try file.attributes(of: dataset.id, dataset.name)
      let shown = attributes.filter { !Self.plumbing.contains($0.name) }
      if attributes.first("CLASS") == .text("DIMENSION_SCALE") {
        var ends: [Double]?
        if case .text(let label)? = attributes.first("NAME"), !label.hasPrefix("This is a netCDF dimension but") {
          ends = try [0, max(0, dataset.extents[0] - 1)].map { row in
            var value = 0.0
            if dataset.extents[0] > 0 { try dataset.read(row..<row + 1, flowmap_h5t_double(), into: &value) }
            return value
          }
        }
        axes.append(FoundAxis(name: name, length: dataset.extents[0], ends: ends, attributes: shown))
      } else {
        variables.append((name, dataset, try file.axisNames(dataset), shown, Tally(attributes)))
        if case .text(let names)? = attributes.first("coordinates") {
          coordinates.formUnion(names.split(separator: " ").map(String.init))
        }
      }
    }
    self.axes = axes
    quantities = try variables.map { variable in
      var tally = variable.tally
      try tally.add(variable.dataset)
      return Quantity(
        name: variable.name, axes: variable.axes, attributes: variable.attributes,
        isCoordinate: coordinates.contains(variable.name), summary: tally.summary, flags: tally.flags)
    }
  }

  /// Attributes that say how the file is put together rather than what it holds.
  private static let plumbing: Set<String> = [
    "CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST", "_Netcdf4Dimid", "_FillValue", "coordinates",
  ]
}

/// The statistics of one variable, as its values come.
private struct Tally {
  /// About how many bytes are read at a time.
  private static let blockBytes = 4 << 20

  var summary = Statistics()
  private var counts: [Double: Int] = [:]
  private let values: [Int]
  private let meanings: [String]
  /// The whole number that stands for a missing value, if any does.
  private let fill: Double?

  init(_ attributes: [Attribute]) {
    var (values, meanings): ([Int], [String]) = ([], [])
    if case .text(let text)? = attributes.first("flag_meanings") {
      meanings = text.split(separator: " ").map(String.init)
    }
    switch attributes.first("flag_values") {
    case .integers(let integers)?: values = integers
    case .integer(let integer)?: values = [integer]
    case .text, .number, .numbers, nil: break
    }
    if case .integer(let value)? = attributes.first("_FillValue") { fill = Double(value) } else { fill = nil }
    (self.values, self.meanings) = values.count == meanings.count ? (values, meanings) : ([], [])
  }

  var flags: [Inspection.Flag] {
    zip(values, meanings).map { Inspection.Flag(meaning: $1, count: counts[Double($0)] ?? 0) }
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer, _ type: ElementType) {
    switch type {
    case .float64: add(bytes.assumingMemoryBound(to: Double.self))
    case .float32: add(bytes.assumingMemoryBound(to: Float.self).lazy.map { Double($0) })
    case .int64: add(bytes.assumingMemoryBound(to: Int64.self).lazy.map { Double($0) })
    case .int32: add(bytes.assumingMemoryBound(to: Int32.self).lazy.map { Double($0) })
    case .int8: add(bytes.assumingMemoryBound(to: Int8.self).lazy.map { Double($0) })
    }
  }

  mutating func add(_ dataset: RowDataset) throws {
    let rows = max(1, Self.blockBytes / max(1, dataset.rowLength * MemoryLayout<Double>.stride))
    var block = [Double](repeating: 0, count: min(rows, dataset.extents[0]) * dataset.rowLength)
    for first in stride(from: 0, to: dataset.extents[0], by: rows) {
      let range = first..<min(dataset.extents[0], first + rows)
      try dataset.read(range, flowmap_h5t_double(), into: &block)
      block.withUnsafeBufferPointer { add($0[..<(range.count * dataset.rowLength)]) }
    }
  }

  private mutating func add(_ block: some Collection<Double>) {
    if let fill { summary.add(block.map { $0 == fill ? .nan : $0 }) } else { summary.add(block) }
    if !values.isEmpty { for value in block { counts[value, default: 0] += 1 } }
  }
}
