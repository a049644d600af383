import Foundation

/// The whole tool, from process start to closed files.
enum ToolBenchmarks {
  private static let tool =
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/flowmap"
  static let mpi = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
  ]

  private static func job(_ name: String, members: Int, until: Int = 1, saves: Int? = nil) -> String {
    """
    name: \(name)
    model:
      parameters: {sigma: 10, rho: 28, beta: 8/3}
      states:
        x: {start: 1, rate: sigma*(y - x)}
        y: {start: 0, rate: x*(rho - z) - y}
        z: {start: 0, rate: x*y - beta*z}
    solve: {until: \(until), relative_tolerance: 1e-8, absolute_tolerance: 1e-8\(saves.map { ", save: {count: \($0)}" } ?? "")}
    vary:
      rho: {from: 0, to: 21, count: \(members)}
    outputs: {x_end: final(x), y_end: final(y), z_end: final(z)}
    """
  }

  static func startUp() throws -> [Finding] {
    let scratch = try Scratch()
    try job("one", members: 2).write(toFile: scratch.path + "/one.yaml", atomically: true, encoding: .utf8)
    func run(_ cache: String) throws -> Double {
      let results = "r\(UInt32.random(in: 0...UInt32.max))"
      return try Command.cost(
        [tool, "run", scratch.path + "/one.yaml", "--results", scratch.path + "/" + results],
        environment: ["FLOWMAP_CACHE": "\(scratch.path)/\(cache)"]
      ).seconds
    }
    _ = try run("warm")
    let warm = Measurement.median(try (0..<9).map { _ in try run("warm") })
    let cold = Measurement.median(try (0..<5).map { try run("cold\($0)") })
    return [
      Finding("start-up: a tiny job with a warm kernel cache", warm, "s", .atMost, 0.1),
      Finding("start-up: the same, compiling its kernel", cold, "s", .atMost, 1),
    ]
  }

  static func scaling() throws -> [Finding] {
    let scratch = try Scratch()
    // Long enough that `mpirun` itself, 0.2 s for any number of ranks, is a small part.
    let members = 20_000_000
    for (name, count) in [("large", members), ("half", members / 2)] {
      try job(name, members: count).write(toFile: "\(scratch.path)/\(name).yaml", atomically: true, encoding: .utf8)
    }
    func run(_ ranks: Int, _ words: [String]) throws -> Double {
      defer { for rank in 0..<2 { try? FileManager.default.removeItem(atPath: "\(scratch.path)/r\(rank)") } }
      return try Command.cost(["mpirun", "--bind-to", "core", "-n", "\(ranks)"] + words, environment: mpi).seconds
    }
    func together(_ ranks: Int) throws -> Double {
      try run(
        ranks,
        [tool, "run", scratch.path + "/large.yaml", "--quiet", "--threads", "1", "--results", scratch.path + "/r0"])
    }
    // Nothing can be faster than processes that have nothing to do with each other.
    let alone = "exec env -u OMPI_COMM_WORLD_SIZE -u PMIX_RANK"
    func apart() throws -> Double {
      let results = "\(scratch.path)/r$OMPI_COMM_WORLD_RANK"
      return try run(
        2, ["sh", "-c", "\(alone) \(tool) run \(scratch.path)/half.yaml --quiet --threads 1 --results \(results)"])
    }
    _ = try together(2)
    let times = try Measurement.inTurn(5, [{ try together(1) }, { try together(2) }, apart])
    let medians = times.map(Measurement.median)
    return [
      Finding("2·10⁷ members, 3 outputs, into HDF5: 1 rank", medians[0], "s"),
      Finding("the same: 2 ranks on 2 cores", medians[1], "s"),
      Finding("half the members by each of 2 processes that know nothing of each other", medians[2], "s"),
      Finding(
        "speed-up of 2 ranks over 1, file output included", Measurement.ratio(times[0], over: times[1]), "×", .atLeast,
        1.9),
      Finding(
        "the same of 2 such processes, which is what the machine has", Measurement.ratio(times[0], over: times[2]), "×"),
    ]
  }

  /// What it costs to make results safe from a power cut while the run goes on.
  static func commits() throws -> [Finding] {
    let scratch = try Scratch()
    // Fewer than 3.2 million members of 41 bytes each are less than the 128 MB after which results are committed anyway.
    let (few, many) = (2_500_000, 20_000_000)
    for (name, text) in [("few", job("few", members: few, until: 8)), ("many", job("many", members: many))] {
      try text.write(toFile: "\(scratch.path)/\(name).yaml", atomically: true, encoding: .utf8)
    }
    func run(_ name: String, every seconds: String) throws -> Double {
      let results = scratch.path + "/r"
      defer { try? FileManager.default.removeItem(atPath: results) }
      let options = ["--quiet", "--results", results, "--commit-every", seconds]
      return try Command.cost([tool, "run", "\(scratch.path)/\(name).yaml"] + options).seconds
    }
    func cost(_ name: String) throws -> (seconds: Double, percent: Double) {
      let times = try Measurement.inTurn(5, [{ try run(name, every: "2") }, { try run(name, every: "3600") }])
      return (Measurement.median(times[1]), (Measurement.ratio(times[0], over: times[1]) - 1) * 100)
    }
    let (rare, frequent) = (try cost("few"), try cost("many"))
    return [
      Finding(
        "commits every 2 s, against none but the last, cost a run of \(Report.number(rare.seconds)) s and 100 MB",
        rare.percent, "%", .atMost, 2),
      Finding(
        "the same, against every 128 MB alone, a run of \(Report.number(frequent.seconds)) s and 0.8 GB",
        frequent.percent, "%", .atMost, 2),
    ]
  }

  /// The largest resident memory of a rank, for a sweep whose results take 480 megabytes.
  static func memory() throws -> [Finding] {
    let scratch = try Scratch()
    let members = 10_000_000
    try job("large", members: members).write(toFile: scratch.path + "/large.yaml", atomically: true, encoding: .utf8)
    func peak(_ launcher: [String]) throws -> Double {
      let results = scratch.path + "/r"
      defer { try? FileManager.default.removeItem(atPath: results) }
      let words = launcher + [tool, "run", scratch.path + "/large.yaml", "--quiet", "--results", results]
      return try Command.cost(words, environment: mpi).peakMegabytes
    }
    return [
      Finding("10⁷ members, 3 outputs: peak memory, alone", try peak([]), "MB", .atMost, 300),
      Finding(
        "10⁷ members, 3 outputs: peak memory of the larger of 2 ranks", try peak(["mpirun", "-n", "2"]), "MB",
        .atMost, 300),
    ]
  }

  /// A sweep whose results are large beside its computing, against writing as many bytes plainly. Both end when the bytes
  /// are on the disk: a sweep promises that.
  static func output() throws -> [Finding] {
    let scratch = try Scratch()
    let (members, saves) = (60_000, 1001)
    try job("series", members: members, saves: saves).write(
      toFile: scratch.path + "/series.yaml", atomically: true, encoding: .utf8)
    let bytes = members * (3 * saves + 4) * 8
    func sweep() throws -> Double {
      let results = scratch.path + "/r"
      defer { try? FileManager.default.removeItem(atPath: results) }
      return try Command.cost([tool, "run", scratch.path + "/series.yaml", "--quiet", "--results", results]).seconds
    }
    func plain() throws -> Double {
      defer { unlink(scratch.path + "/plain") }
      return try Measurement.seconds { try write(bytes, to: scratch.path + "/plain") }
    }
    _ = try sweep()
    _ = try plain()
    // Many rounds: how fast pages of memory come for a file varies several times over from one file to the next.
    let medians = try Measurement.interleaved(9, [sweep, plain])
    return [
      Finding(
        "output: \(Report.number(Double(bytes) * 1e-9)) GB of series, computed and written",
        Double(bytes) * 1e-9 / medians[0], "GB/s"),
      Finding(
        "output: the same bytes written plainly and forced to the disk", Double(bytes) * 1e-9 / medians[1], "GB/s"),
      Finding(
        "output: share of plain write speed, computing included", medians[1] / medians[0] * 100, "%", .atLeast, 70),
    ]
  }

  private static func write(_ bytes: Int, to path: String) throws {
    let block = 4 << 20
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: block, alignment: 4096)
    defer { memory.deallocate() }
    for place in 0..<block { memory[place] = UInt8(truncatingIfNeeded: place &* 31) }
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { throw Command.Failure(description: "cannot write \(path)") }
    defer { close(file) }
    var left = bytes
    while left > 0 {
      let count = Glibc.write(file, memory.baseAddress, min(left, block))
      guard count > 0 else {
        throw Command.Failure(description: "cannot write \(path): \(String(cString: strerror(errno)))")
      }
      left -= count
    }
    guard fdatasync(file) == 0 else { throw Command.Failure(description: "cannot write \(path) to the disk") }
  }
}
