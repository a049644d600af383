import Foundation

/// One line of the table: what was measured, and what it is held to.
struct Finding: Codable {
  enum Bound: String, Codable {
    case atMost = "at most"
    case atLeast = "at least"
  }

  var what: String
  var value: Double
  var unit: String
  /// Nil for lines that only inform.
  var bound: Bound?
  var target: Double?

  init(_ what: String, _ value: Double, _ unit: String, _ bound: Bound? = nil, _ target: Double? = nil) {
    (self.what, self.value, self.unit, self.bound, self.target) = (what, value, unit, bound, target)
  }

  var isMet: Bool? {
    guard let bound, let target else { return nil }
    return bound == .atMost ? value <= target : value >= target
  }
}

enum Report {
  static func markdown(_ findings: [Finding]) -> String {
    let rows = findings.map { finding -> String in
      let target = finding.target.map { "\(finding.bound!.rawValue) \(number($0))" } ?? ""
      let verdict = finding.isMet.map { $0 ? "yes" : "**no**" } ?? ""
      return "| \(finding.what) | \(number(finding.value)) \(finding.unit) | \(target) | \(verdict) |"
    }
    return (["| what | measured | target | met |", "| --- | ---: | ---: | --- |"] + rows).joined(separator: "\n") + "\n"
  }

  static func json(_ findings: [Finding]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(findings), as: UTF8.self)
  }

  /// The processor and how busy it was: timings on a loaded machine mean little.
  static func machine() -> String {
    let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = cpu.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last ?? " ?"
    let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first ?? "?"
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return "\(cores) cores,\(model), load \(load) at the end; medians"
  }

  static func number(_ value: Double) -> String {
    let size = abs(value)
    if size != 0 && (size < 1e-3 || size >= 1e7) { return String(format: "%.2e", value) }
    return String(format: size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value)
  }
}
