import Foundation
import Programs

/// The C compiler of this machine.
struct CCompiler: Sendable {
  let path: String
  /// Tells this compiler from another at the same path, without running it: size and time of its file.
  let identity: String

  /// Nothing here changes what a NaN, an infinity or a signed zero does.
  private static let flags = [
    "-std=gnu11", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared", "-w",
  ]

  /// The flags for a program.
  ///
  /// Products and sums become fused operations wherever the compiler sees fit, but not where a program decides anew
  /// (`Contraction`). Unfused kernels run up to 1.3 times as long.
  static func flags(for program: Program) -> [String] {
    flags + ["-ffp-contract=\(Contraction.isAllowed(in: program) ? "fast" : "off")"]
  }

  /// The compiler named by `CC`, else `cc`, `clang` or `gcc` on the path.
  /// - Throws: `CompilerError.noCompiler`
  static func find(environment: [String: String] = ProcessInfo.processInfo.environment) throws(CompilerError)
    -> CCompiler
  {
    // An empty variable is an unset one, as for make.
    let named = environment["CC"].flatMap { $0.isEmpty ? nil : $0 }
    let wanted = named.map { [$0] } ?? ["cc", "clang", "gcc"]
    let folders = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
    for name in wanted {
      let candidates = name.contains("/") ? [name] : folders.map { $0 + "/" + name }
      for path in candidates where access(path, X_OK) == 0 {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
        return CCompiler(path: path, identity: "\(path) \(status.st_size) \(status.st_mtim.tv_sec)")
      }
    }
    throw .noCompiler(tried: wanted)
  }

  /// Compiles a file to a shared library.
  /// - Throws: `CompilerError.failed` with what the compiler said.
  func compile(_ source: String, to library: String, flags: [String], libraries: [String]) throws(CompilerError) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = flags + [source, "-o", library] + libraries
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw .failed(compiler: path, output: "\(error)")
    }
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw .failed(compiler: path, output: said) }
  }
}

/// The instruction sets of this processor: kernels of one home folder must not run on an unlike node.
enum Processor {
  static let features: String = {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return "unknown" }
    let wanted = ["model name", "flags", "Features", "CPU part"]
    var lines: [Substring] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("processor"), !lines.isEmpty { break }
      if wanted.contains(where: line.hasPrefix) { lines.append(line) }
    }
    return lines.joined(separator: "\n")
  }()
}

/// Why a kernel cannot be had.
public enum CompilerError: Error, Sendable, CustomStringConvertible {
  case noCompiler(tried: [String])
  case failed(compiler: String, output: String)
  case cacheNotPrivate(path: String, reason: String)
  case cacheNotWritable(path: String, reason: String)
  case notLoadable(path: String, reason: String)

  public var description: String {
    switch self {
    case .noCompiler(let tried):
      "no C compiler was found (tried \(tried.joined(separator: ", "))); install gcc or clang, or name one by CC"
    case .failed(let compiler, let output):
      "\(compiler) could not compile a kernel: \(output.split(separator: "\n").prefix(6).joined(separator: "\n  "))"
    case .cacheNotPrivate(let path, let reason):
      "the kernel cache \(path) \(reason); it must be a folder of yours with mode 700 (FLOWMAP_CACHE names another)"
    case .cacheNotWritable(let path, let reason):
      "the kernel cache \(path) cannot be written: \(reason) (FLOWMAP_CACHE names another)"
    case .notLoadable(let path, let reason): "the kernel \(path) could not be loaded: \(reason)"
    }
  }
}
