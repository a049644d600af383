import Archive
import Cluster
import Foundation

/// The speed of shards and of merging, beside that of plain system calls that write the same bytes in the same pieces.
///
/// - Parameter width: values of 64 bits a member in each of three variables.
func benchmark(
  folder: String, members: Int, chunkSize: Int, width: Int, _ communicator: Communicator
) throws -> String {
  let axes = width > 1 ? [Axis(name: "time", length: width)] : []
  let layout = try ResultsLayout(
    memberCount: members, chunkSize: chunkSize, axes: axes,
    variables: ["x", "y", "z"].map { Variable(name: $0, innerAxes: axes.map(\.name)) })
  let job = JobDefinition(name: "bench", lines: ["\(members) \(chunkSize) \(width)"])
  let values = [Double](repeating: 1.25, count: chunkSize * width)
  let (rank, size) = (communicator.rank, communicator.size)
  let megabytes = Double(layout.memberBytes * members) / 1e6
  func rate(_ name: String, _ work: () throws -> Void) throws -> String {
    try communicator.barrier()
    let start = ContinuousClock.now
    try work()
    try communicator.barrier()
    let seconds = start.duration(to: .now) / .seconds(1)
    return "\(name) \(Int(megabytes / seconds)) MB/s (\(Int(seconds * 1000)) ms)"
  }
  func mine() -> StrideTo<Int> { stride(from: rank, to: layout.chunkCount, by: size) }

  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  let plain = try rate("plain") {
    let descriptor = open(folder + "/plain-\(rank)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    defer { close(descriptor) }
    try values.withUnsafeBytes { bytes in
      for chunk in mine() {
        for _ in layout.variables {
          let length = layout.members(ofChunk: chunk).count * width * 8
          guard write(descriptor, bytes.baseAddress, length) == length else { throw CocoaError(.fileWriteUnknown) }
        }
      }
    }
  }
  unlink(folder + "/plain-\(rank)")

  let results = try ResultsFolder.prepare(folder + "/results", job: job, layout: layout, on: communicator)
  var lines = [plain]
  for mode in ShardMode.allCases {
    let writer = try ShardWriter(folder: results, mode: mode, on: communicator)
    lines.append(
      try rate("shards a \(mode.rawValue)") {
        try values.withUnsafeBytes { bytes in
          for chunk in mine() {
            let part = UnsafeRawBufferPointer(rebasing: bytes[..<(layout.members(ofChunk: chunk).count * width * 8)])
            try writer.write(chunk: chunk, data: [part, part, part])
          }
        }
      })
    try writer.close()
  }
  lines.append(try rate("merge") { try results.merge(to: folder + "/merged.h5", on: communicator) })
  lines.append(try rate("merge --virtual") { try results.mergeVirtually(to: folder + "/view.h5", on: communicator) })
  if rank == 0 { lines.append(try rate0("inspect") { _ = try Inspection(reading: folder + "/merged.h5") }) }
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }.map(String.init) ?? ""
  return (lines + [peak]).joined(separator: "\n")

  func rate0(_ name: String, _ work: () throws -> Void) throws -> String {
    let start = ContinuousClock.now
    try work()
    return "\(name) \(Int(megabytes / (start.duration(to: .now) / .seconds(1)))) MB/s"
  }
}
