import Execution
import Foundation
import Programs

/// Computes programs as machine code: one C function a program, members in vector lanes, compiled at launch.
public struct CompiledExecutor: Executor {
  public let name = "cpu"
  private let compiler: CCompiler
  private let cache: KernelCache
  private let library: VectorLibrary
  private let vectorsPerTile: Int?
  private let refillsLanes: Bool
  private let width: VectorWidth?
  private let watch: CompilationWatch

  /// Finds the compiler, the cache and the vector library.
  ///
  /// - Parameters:
  ///   - library: where elementary functions come from; SLEEF if it is installed, else the best there is.
  ///   - vectorsPerTile: how many vectors are interleaved; chosen by the program's size if nil.
  ///   - refillsLanes: whether a lane takes another member when its own has ended, where the program allows; else all lanes
  ///     of a tile wait for the slowest. Members' bits are the same.
  ///   - width: the widest vectors to use; the processor's if nil.
  ///   - watch: is told when a kernel is compiled, and may stop that.
  /// - Throws: `CompilerError`
  public init(
    library: VectorLibrary? = nil, vectorsPerTile: Int? = nil, refillsLanes: Bool = true, width: VectorWidth? = nil,
    watch: CompilationWatch = CompilationWatch(),
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(CompilerError) {
    compiler = try CCompiler.find(environment: environment)
    cache = try KernelCache(environment: environment)
    self.library = library ?? Self.bestLibrary
    self.vectorsPerTile = vectorsPerTile
    self.refillsLanes = refillsLanes
    self.width = width
    self.watch = watch
  }

  /// - Parameter outputOrders: the order of each output's buffer.
  /// - Throws: `CompilerError`, `ProgramError`
  public func prepare(_ program: Program, precision: Precision, outputOrders: [Buffer.Order]) throws
    -> any PreparedProgram
  {
    try prepare(simple: program.withoutRules.simplified(), precision: precision, outputOrders: outputOrders)
  }

  /// Prepares a program as it stands.
  ///
  /// - Parameter cutter: makes functions of long blocks.
  func prepare(
    simple: Program, precision: Precision, outputOrders: [Buffer.Order], cutter: BlockCutter = BlockCutter()
  ) throws -> any PreparedProgram {
    if watch.isStopped() { throw CompilerError.stopped }
    let source = KernelSource(
      simple, precision: precision, outputOrders: outputOrders, library: library, vectorsPerTile: vectorsPerTile,
      refillsLanes: refillsLanes, cutter: cutter)
    let libraries = library.linkerArguments + ["-lm"]
    let flags = compiler.flags(for: simple, isLarge: source.isLarge) + (width?.flags ?? [])
    let head = [compiler.identity, (flags + libraries).joined(separator: " "), Processor.features]
      .joined(separator: "\n").split(separator: "\n").map { "// " + $0 }.joined(separator: "\n")
    let (path, wasCompiled) = try cache.library(for: head + "\n" + source.text, watch: watch) {
      (source, target) throws(CompilerError) in
      try compiler.compile(source, to: target, flags: flags, libraries: libraries, isStopped: watch.isStopped)
    }
    return CompiledProgram(
      program: simple, precision: precision, outputOrders: outputOrders,
      signature: RunSignature(simple, precision: precision, outputOrders: outputOrders), kernel: try Kernel(path: path),
      origin: wasCompiled ? "compiled by \(compiler.path)" : "from the kernel cache", library: library)
  }

  static let bestLibrary: VectorLibrary = {
    // It stays loaded, as kernels need it.
    if dlopen(VectorLibrary.sleefFile, RTLD_LAZY | RTLD_LOCAL) != nil { return .sleef }
    #if arch(x86_64)
      return dlopen("libmvec.so.1", RTLD_LAZY | RTLD_LOCAL) == nil ? .scalar : .libmvec
    #else
      return .scalar
    #endif
  }()
}

extension VectorLibrary {
  static let sleefFile = "libsleef.so.3"

  /// What names SLEEF to the linker. The loader, which decides whether it is there, looks into `LD_LIBRARY_PATH` first; the
  /// linker does not.
  private static let sleefArgument: String = {
    let folders = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]?.split(separator: ":") ?? []
    let paths = folders.map { "\($0)/\(sleefFile)" }
    return paths.first { access($0, R_OK) == 0 } ?? "-l:\(sleefFile)"
  }()

  var linkerArguments: [String] {
    switch self {
    case .sleef: [Self.sleefArgument]
    case .libmvec: ["-lmvec"]
    case .scalar: []
    }
  }
}

private struct CompiledProgram: PreparedProgram {
  let program: Program
  let precision: Precision
  let outputOrders: [Buffer.Order]
  let signature: RunSignature
  let kernel: Kernel
  let origin: String
  let library: VectorLibrary

  var laneSteps: Int? { kernel.laneSteps.load(ordering: .relaxed) }

  var summary: String {
    "compiled kernel, \(precision) precision, \(kernel.lanes) members a tile, elementary functions by \(library), \(origin)"
  }

  var workspaceBytes: Int { kernel.workspace }

  func run(members: Int, from feed: MemberFeed?, inputs: [Buffer], outputs: [Buffer]) throws -> Int {
    let stride = try signature.check(members: members, inputs: inputs, outputs: outputs)
    for input in inputs { input.pad(after: members, tile: kernel.lanes) }
    return try kernel.run(members: members, from: feed, stride: stride, inputs: inputs, outputs: outputs)
  }
}
