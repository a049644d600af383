import Archive
import Cluster
import Foundation

/// An ensemble whose every value follows from the member's number, with one variable of each element type.
public struct KnownEnsemble: Sendable {
  public let layout: ResultsLayout
  public let definition: JobDefinition
  public var job: JobIdentity { definition.identity }

  /// - Parameters:
  ///   - times: length of the time axis.
  ///   - text: the job's text; another text is another job.
  public init(members: Int, chunkSize: Int, times: Int = 5, text: String = "known ensemble") throws {
    let flags = [Attribute("flag_values", .integers([0, 1])), Attribute("flag_meanings", "success not_finite")]
    layout = try ResultsLayout(
      memberCount: members, chunkSize: chunkSize,
      axes: [
        Axis(
          name: "time", coordinate: (0..<times).map { Double($0) / 4 },
          attributes: [Attribute("units", "s"), Attribute("long_name", "time since the start")]),
        Axis(name: "cell", length: 3),
      ],
      variables: [
        Variable(
          name: "rho", attributes: [Attribute("units", "1"), Attribute("long_name", "Rayleigh number")],
          isCoordinate: true),
        Variable(name: "x", innerAxes: ["time"], attributes: [Attribute("units", "µm")]),
        Variable(name: "u", elementType: .float32, innerAxes: ["time", "cell"]),
        Variable(name: "steps", elementType: .int32),
        Variable(name: "seed", elementType: .int64),
        Variable(name: "status", elementType: .int8, attributes: flags),
      ],
      attributes: [
        Attribute("title", "known ensemble"), Attribute("job", text), Attribute("seed", .integer(42)),
        Attribute("tolerance", .number(1e-8)),
      ])
    definition = JobDefinition(name: "known", lines: ["text: \(text)"])
  }

  /// Whether the made-up member counts as failed.
  public static func isFailed(_ member: Int) -> Bool { member % 10 == 7 }

  /// The values of a chunk, one array of bytes a variable.
  public func chunk(_ chunk: Int) -> [[UInt8]] { values(of: layout.members(ofChunk: chunk)) }

  /// The values of some members, one array of bytes a variable.
  public func values(of members: Range<Int>) -> [[UInt8]] {
    let (times, cells) = (layout.axes[0].length, layout.axes[1].length)
    func bytes<Value: BitwiseCopyable>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
    let x = members.flatMap { member in (0..<times).map { Self.x(member, $0) } }
    var u: [Float] = []
    for member in members {
      for time in 0..<times { for cell in 0..<cells { u.append(Float(member) + Float(time * 8 + cell) / 64) } }
    }
    return [
      bytes(members.map { Double($0) * 0.5 }), bytes(x), bytes(u), bytes(members.map { Int32($0 % 1000) }),
      bytes(members.map { Int64($0) << 33 }), bytes(members.map { Int8(Self.isFailed($0) ? 1 : 0) }),
    ]
  }

  /// NaN for members that failed.
  private static func x(_ member: Int, _ time: Int) -> Double {
    isFailed(member) ? .nan : Double(member) + Double(time) / 16
  }

  /// Runs the ensemble into the folder, as the tool does.
  ///
  /// - Parameter everything: computes also what is there already.
  @discardableResult
  public func run(
    into path: String, mode: ShardMode = .node, workers: Int = 2, on communicator: Communicator,
    commitInterval: Duration = .seconds(10), everything: Bool = false
  ) throws -> RunProgress {
    let folder = try ResultsFolder.prepare(path, job: definition, layout: layout, on: communicator)
    return try run(
      folder, mode: mode, workers: workers, on: communicator, commitInterval: commitInterval, everything: everything)
  }

  /// Computes what is missing in a folder whose members are the first of this ensemble.
  @discardableResult
  public func run(
    _ folder: ResultsFolder, mode: ShardMode = .node, workers: Int = 2, on communicator: Communicator,
    commitInterval: Duration = .seconds(10), everything: Bool = false
  ) throws -> RunProgress {
    let layout = folder.layout
    let missing = everything ? ChunkList([0..<layout.chunkCount]) : try folder.census(on: communicator).missing
    let writer = try ShardWriter(folder: folder, mode: mode, commitInterval: commitInterval, on: communicator)
    let queue = try WorkQueue(chunkCount: missing.count, workers: workers, communicator: communicator)
    let running = Result {
      try queue.run(
        compute: { _, number in values(of: layout.members(ofChunk: missing[number])) },
        deliver: { number, data in
          try write(missing[number], data, to: writer)
          let members = layout.members(ofChunk: missing[number])
          return (members.count, members.filter(Self.isFailed).count)
        })
    }
    try writer.close()
    _ = try running.get()
    return queue.progress
  }

  /// Hands a chunk's bytes to the writer.
  public func write(_ chunk: Int, _ data: [[UInt8]], to writer: ShardWriter) throws {
    try withPointers(to: data) { try writer.write(chunk: chunk, data: $0) }
  }

  /// Hands a part of a chunk to the writer.
  public func write(part members: Range<Int>, to writer: ShardWriter) throws {
    try withPointers(to: values(of: members)) { try writer.write(part: members, data: $0) }
  }

  private func withPointers(
    to data: [[UInt8]], _ pointers: [UnsafeRawBufferPointer] = [], _ body: ([UnsafeRawBufferPointer]) throws -> Void
  ) throws {
    guard pointers.count < data.count else { return try body(pointers) }
    try data[pointers.count].withUnsafeBytes { try withPointers(to: data, pointers + [$0], body) }
  }
}

/// Starts the probe, alone or under mpirun, the way a user starts the tool.
public enum Probe {
  public struct Outcome: Sendable {
    public let status: Int32
    public let output: String
    public let errors: String
    public var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// - Parameters:
  ///   - ranks: number of ranks, or nil to start the probe without a launcher.
  ///   - ranksPerNode: pretends that so many ranks make a node.
  ///   - killedAfter: kills the process that was started, without warning, after so many seconds.
  public static func run(
    _ arguments: [String], ranks: Int? = nil, ranksPerNode: Int? = nil, environment: [String: String] = [:],
    killedAfter: Double? = nil
  ) throws -> Outcome {
    // The tests run from the build folder, where the probe lies beside them.
    let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let beside = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() } + [folder]
    let probe = beside.map { $0.appendingPathComponent("RankProbe") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    guard let probe else { throw CocoaError(.fileNoSuchFile) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let launcher = ranks.map { ["mpirun", "--oversubscribe", "-n", "\($0)"] } ?? []
    process.arguments = launcher + [probe.path] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging([
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    ]) { $1 }.merging(ranksPerNode.map { ["FLOWMAP_RANKS_PER_NODE": "\($0)"] } ?? [:]) { $1 }
      .merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    if let killedAfter {
      usleep(UInt32(killedAfter * 1e6))
      kill(process.processIdentifier, SIGKILL)
    }
    let reading = Thread.reading(errors)
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: text, errors: reading())
  }
}

extension Thread {
  /// Reads a pipe in the background, so that neither of two pipes fills up; call the result to wait for the text.
  fileprivate static func reading(_ pipe: Pipe) -> () -> String {
    final class Box: @unchecked Sendable { var data = Data() }
    let (box, done) = (Box(), DispatchSemaphore(value: 0))
    Thread.detachNewThread {
      box.data = pipe.fileHandleForReading.readDataToEndOfFile()
      done.signal()
    }
    return {
      done.wait()
      return String(decoding: box.data, as: UTF8.self)
    }
  }
}
