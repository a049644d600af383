import Foundation
import Programs

/// The C compiler of this machine.
struct CCompiler: Sendable {
  let path: String
  /// Tells this compiler from another at the same path, without running it: size and time of its file.
  let identity: String

  /// Nothing here changes what a NaN, an infinity or a signed zero does.
  private static let flags = [
    "-std=gnu11", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared", "-w",
  ]

  /// The flags for a program.
  ///
  /// Products and sums become fused operations wherever the compiler sees fit, but not where a program decides anew
  /// (`Contraction`). Unfused kernels run up to 1.3 times as long.
  ///
  /// - Parameter isLarge: whether time to compile counts for more than the last tenths of speed.
  static func flags(for program: Program, isLarge: Bool) -> [String] {
    (isLarge ? largeFlags : ["-O3"]) + flags
      + ["-ffp-contract=\(Contraction.isAllowed(in: program) ? "fast" : "off")"]
  }

  /// GCC fuses products and sums only among its expensive optimizations. The bounds are on passes that look at all pairs of what a
  /// block reads and writes: they take a third of the time at their usual values. Clang takes no notice of them.
  private static let largeFlags = [
    "-O1", "-fexpensive-optimizations", "--param=max-cselib-memory-locations=50", "--param=max-combine-insns=2",
  ]

  /// GCC compiles the functions of a file on all cores, by `make`, if it may put off the most of its work to the link.
  private static let sharingFlag = "-flto"

  /// The flags for a program, of this compiler.
  func flags(for program: Program, isLarge: Bool) -> [String] {
    Self.flags(for: program, isLarge: isLarge) + (isLarge && sharesWork ? [Self.sharingFlag] : [])
  }

  private var sharesWork: Bool {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    guard folders.contains(where: { access("\($0)/make", X_OK) == 0 }),
      let process = try? GuardedProcess([path, "--version"]),
      case .exited(code: 0, let text) = process.outcome(isStopped: { false })
    else { return false }
    return text.contains("Free Software Foundation")
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
  ///
  /// The compiler and all that it starts are ended when `isStopped` says so, and when this process dies, however it dies.
  /// - Throws: `CompilerError.failed` with what the compiler said; `.stopped`
  func compile(
    _ source: String, to library: String, flags: [String], libraries: [String], isStopped: () -> Bool = { false }
  ) throws(CompilerError) {
    guard flags.contains(Self.sharingFlag) else {
      return try run(flags + [source, "-o", library] + libraries, isStopped: isStopped)
    }
    let others = flags.filter { $0 != Self.sharingFlag }
    let shared = others + ["\(Self.sharingFlag)=\(ProcessInfo.processInfo.activeProcessorCount)"]
    do {
      try run(shared + [source, "-o", library] + libraries, isStopped: isStopped)
    } catch .failed {
      // A GCC that was built without it.
      try run(others + [source, "-o", library] + libraries, isStopped: isStopped)
    }
  }

  private func run(_ arguments: [String], isStopped: () -> Bool) throws(CompilerError) {
    let process: GuardedProcess
    do {
      process = try GuardedProcess([path] + arguments)
    } catch {
      throw .failed(compiler: path, output: error.reason)
    }
    switch process.outcome(isStopped: isStopped) {
    case .exited(code: 0, _): return
    case .exited(_, let output), .killed(let output): throw .failed(compiler: path, output: output)
    case .stopped: throw .stopped
    }
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
  /// It was asked for no more.
  case stopped
  case cacheNotPrivate(path: String, reason: String)
  case cacheNotWritable(path: String, reason: String)
  case notLoadable(path: String, reason: String)

  public var description: String {
    switch self {
    case .noCompiler(let tried):
      "no C compiler was found (tried \(tried.joined(separator: ", "))); install gcc or clang, or name one by CC"
    case .failed(let compiler, let output):
      "\(compiler) could not compile a kernel: \(output.split(separator: "\n").prefix(6).joined(separator: "\n  "))"
    case .stopped: "stopped while a kernel was compiled"
    case .cacheNotPrivate(let path, let reason):
      "the kernel cache \(path) \(reason); it must be a folder of yours with mode 700 (FLOWMAP_CACHE names another)"
    case .cacheNotWritable(let path, let reason):
      "the kernel cache \(path) cannot be written: \(reason) (FLOWMAP_CACHE names another)"
    case .notLoadable(let path, let reason): "the kernel \(path) could not be loaded: \(reason)"
    }
  }
}
