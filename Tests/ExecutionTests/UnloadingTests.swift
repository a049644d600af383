import Compiled
import Execution
import Programs
import Testing

@Suite struct UnloadingTests {
  /// The place of a mistake comes from a backtrace, which reads what is loaded.
  @Test func mistakesAreToldWhileKernelsAreUnloaded() async throws {
    let unloading = Task.detached {
      let executor = try CompiledExecutor()
      let program = try Program.trace("p", inputs: [.init("x", ValueType())]) { [("y", exp($0[0]))] }
      // The only owner of the loaded kernel lets go of it at once.
      while !Task.isCancelled { _ = try executor.prepare(program) }
    }
    for _ in 0..<12 { #expect(Self.mistake().contains(", at UnloadingTests.swift")) }
    unloading.cancel()
    try await unloading.value
  }

  private static func mistake() -> String {
    do {
      let program = try Program.trace("p", inputs: [.init("a", ValueType(.real, [3]))]) {
        [("x", $0[0].reshaped([2, 2]))]
      }
      return "no mistake in \(program)"
    } catch {
      return "\(error)"
    }
  }
}
