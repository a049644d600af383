import Foundation

/// What the compiled executor needs of this machine, each part asked on its own.
public struct CompilerSurvey: Sendable {
  /// The path of the C compiler.
  public let compiler: Result<String, CompilerError>
  /// The folder of the kernel cache.
  public let cache: Result<String, CompilerError>
  /// Where elementary functions come from.
  public let library: VectorLibrary

  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    compiler = Result { () throws(CompilerError) in try CCompiler.find(environment: environment).path }
    cache = Result { () throws(CompilerError) in try KernelCache(environment: environment).folder }
    library = CompiledExecutor.bestLibrary
  }
}
