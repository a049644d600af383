import Execution
import Foundation
import Programs
import Testing

@testable import Compiled

@Suite struct KernelCacheTests {
  /// A folder of this test's own, removed at its end.
  private final class Folder {
    let path = NSTemporaryDirectory() + "/flowmap-cache-\(UUID().uuidString)"
    func environment(_ more: [String: String] = [:]) -> [String: String] {
      ProcessInfo.processInfo.environment.merging(["FLOWMAP_CACHE": path]) { $1 }.merging(more) { $1 }
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private static func program() throws -> Program {
    try Program.trace("third", inputs: [.init("x", ValueType())]) { [("y", $0[0] / 3)] }
  }

  @Test func theSecondPrepareFindsTheKernel() throws {
    let folder = Folder()
    let executor = try CompiledExecutor(environment: folder.environment())
    #expect(try executor.prepare(Self.program()).summary.contains("compiled by"))
    #expect(try executor.prepare(Self.program()).summary.contains("from the kernel cache"))
    #expect(try executor.prepare(Self.program(), precision: .single).summary.contains("compiled by"))
    var status = stat()
    #expect(stat(folder.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
  }

  @Test func aFolderThatOthersCanWriteIsRefused() throws {
    let folder = Folder()
    for mode in [0o777, 0o720, 0o702] {
      try? FileManager.default.removeItem(atPath: folder.path)
      try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: false)
      chmod(folder.path, mode_t(mode))
      let error = #expect(throws: CompilerError.self) { try CompiledExecutor(environment: folder.environment()) }
      #expect(error?.description.contains(folder.path) == true && error?.description.contains("others") == true)
    }
    // A link might lead anywhere.
    try FileManager.default.removeItem(atPath: folder.path)
    try FileManager.default.createSymbolicLink(atPath: folder.path, withDestinationPath: NSTemporaryDirectory())
    #expect(throws: CompilerError.self) { try CompiledExecutor(environment: folder.environment()) }
  }

  @Test func aKernelWithoutItsSourceBesideItIsCompiledAnew() throws {
    let folder = Folder()
    let executor = try CompiledExecutor(environment: folder.environment())
    _ = try executor.prepare(Self.program())
    let source = try #require(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).first { $0.hasSuffix(".c") })
    try Data("// another program\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/" + source))
    #expect(try executor.prepare(Self.program()).summary.contains("compiled by"))
  }

  /// A compiler that notes each of its runs.
  private func countingCompiler(_ folder: Folder) throws -> (compiler: String, runs: () throws -> Int) {
    let (script, log) = (folder.path + ".cc", folder.path + ".log")
    let compiler = try CCompiler.find().path
    try Data("#!/bin/sh\necho run >> \(log)\nsleep 0.2\nexec \(compiler) \"$@\"\n".utf8)
      .write(to: URL(fileURLWithPath: script))
    chmod(script, 0o700)
    return (script, { try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").count })
  }

  @Test func concurrentPreparesCompileOnce() async throws {
    let folder = Folder()
    let (compiler, runs) = try countingCompiler(folder)
    defer { for suffix in [".cc", ".log"] { unlink(folder.path + suffix) } }
    let environment = folder.environment(["CC": compiler])
    let program = try Self.program()
    let summaries = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<6 {
        group.addTask { try CompiledExecutor(environment: environment).prepare(program).summary }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(summaries.count { $0.contains("compiled by") } == 1)
    #expect(try runs() == 1)
  }

  @Test func processesWaitForTheOneThatCompiles() throws {
    // The lock is a file's, so another process is as good as another rank: here a shell holds it for a while.
    let folder = Folder()
    let cache = try KernelCache(environment: folder.environment())
    let lock = folder.path + "/" + KernelCache.hash("source") + ".lock"
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/bin/sh")
    holder.arguments = ["-c", "exec 9>\(lock); flock 9; echo held; sleep 0.5"]
    let output = Pipe()
    holder.standardOutput = output
    try holder.run()
    _ = output.fileHandleForReading.availableData
    let start = ContinuousClock.now
    _ = try cache.library(for: "source") { source, target throws(CompilerError) in
      _ = try? FileManager.default.copyItem(atPath: source, toPath: target)
    }
    #expect(ContinuousClock.now - start > .milliseconds(200))
    holder.waitUntilExit()
  }

  @Test func aMissingCompilerIsNamed() throws {
    let folder = Folder()
    for environment in [["CC": "/nowhere/cc"], ["PATH": "/nowhere", "CC": "nocc"]] {
      let error = #expect(throws: CompilerError.self) {
        try CompiledExecutor(environment: folder.environment(environment))
      }
      guard case .noCompiler(let tried) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(tried == [environment["CC"]!])
    }
    #expect(throws: CompilerError.self) { try CCompiler.find(environment: ["PATH": "/nowhere"]) }
  }

  @Test func whatAFailingCompilerSaysIsShown() throws {
    let folder = Folder()
    let script = folder.path + ".cc"
    defer { unlink(script) }
    try Data("#!/bin/sh\necho 'disk quota exceeded' >&2\nexit 3\n".utf8).write(to: URL(fileURLWithPath: script))
    chmod(script, 0o700)
    let executor = try CompiledExecutor(environment: folder.environment(["CC": script]))
    let error = #expect(throws: CompilerError.self) { try executor.prepare(Self.program()) }
    #expect(error?.description.contains("disk quota exceeded") == true && error?.description.contains(script) == true)
    // Nothing half-made is left behind.
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasSuffix(".lock") }
    #expect(left.isEmpty)
  }
}
