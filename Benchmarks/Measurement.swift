import Foundation

/// Takes medians, and alternates what is compared, so that a drifting machine drifts for all.
enum Measurement {
  /// Seconds that `work` takes.
  static func seconds(_ work: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try work()
    let duration = start.duration(to: .now)
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// Medians of several measurements, taken in turn `rounds` times.
  static func interleaved(_ rounds: Int, _ works: [() throws -> Double]) throws -> [Double] {
    try inTurn(rounds, works).map(median)
  }

  /// Several measurements, taken in turn `rounds` times: for each all its values.
  static func inTurn(_ rounds: Int, _ works: [() throws -> Double]) throws -> [[Double]] {
    var values = works.map { _ in [Double]() }
    for _ in 0..<rounds {
      for (position, work) in works.enumerated() { values[position].append(try work()) }
    }
    return values
  }

  /// The median of the ratios within each round, which a drifting machine changes least.
  static func ratio(_ values: [Double], over others: [Double]) -> Double { median(zip(values, others).map { $0 / $1 }) }
}

/// Another program, run to its end.
enum Command {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs a program found on the path (or by its path) and returns what it printed.
  @discardableResult
  static func run(_ words: [String], environment: [String: String] = [:], in folder: String? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError, process.standardInput) = (output, errors, FileHandle.nullDevice)
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let said = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(
        description: "\(words.joined(separator: " ")) ended with \(process.terminationStatus): "
          + String(decoding: said.prefix(2000), as: UTF8.self))
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// What a program took, start-up included.
  struct Cost {
    var seconds: Double
    /// The largest resident memory of the program or of anything that it started, in megabytes.
    var peakMegabytes: Double
  }

  /// Runs a program to its end; what it prints is dropped.
  ///
  /// By `posix_spawn` and `wait4`, as Foundation notices the end of a process up to 50 ms late.
  static func cost(_ words: [String], environment: [String: String] = [:]) throws -> Cost {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [Int32(0), 1] { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0) }
    let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var arguments = words.map { strdup($0) } + [nil]
    var variables = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var (child, status, usage): (pid_t, Int32, rusage) = (0, 0, rusage())
    let seconds = try Measurement.seconds {
      guard posix_spawnp(&child, words[0], &actions, nil, &arguments, &variables) == 0 else {
        throw Failure(description: "\(words[0]) cannot be started")
      }
      wait4(child, &status, 0, &usage)
    }
    guard status == 0 else { throw Failure(description: "\(words.joined(separator: " ")) failed") }
    return Cost(seconds: seconds, peakMegabytes: Double(usage.ru_maxrss) * 1024e-6)
  }
}

/// A folder of its own for one section, removed with it.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/flowmap-bench-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
