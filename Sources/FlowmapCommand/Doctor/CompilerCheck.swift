import Compiled
import Execution
import Foundation
import Programs

/// The C compiler, the folder of kernels, vector functions, and a small kernel made by all three.
enum CompilerCheck {
  static var findings: [Finding] {
    let survey = CompilerSurvey()
    var findings: [Finding] = []
    var isReady = true
    switch survey.compiler {
    case .success(let path): findings.append(.ok("compiler", path))
    case .failure(let error):
      isReady = false
      let cure = "apt install gcc, or set CC to the path of a C compiler, on every node"
      findings.append(.fault("compiler", "\(error)", cure: cure))
    }
    switch survey.cache {
    case .success(let folder): findings.append(.ok("kernel cache", "\(folder), yours alone to write to"))
    case .failure(let error):
      isReady = false
      findings.append(.fault("kernel cache", "\(error)", cure: cure(error)))
    }
    switch survey.library {
    case .sleef: findings.append(.ok("functions", "vectors of elementary functions by SLEEF"))
    case .libmvec, .scalar:
      findings.append(
        .note(
          "functions", "no SLEEF: elementary functions by \(survey.library)", cure: "apt install libsleef3, for speed"))
    }
    if isReady { findings.append(kernel) }
    return findings
  }

  private static func cure(_ error: CompilerError) -> String {
    switch error {
    case .cacheNotPrivate(let path, _): "chmod 700 \(SlurmScript.quoted(path)), or name another folder by FLOWMAP_CACHE"
    case .cacheNotWritable, .noCompiler, .failed, .stopped, .notLoadable:
      "name a folder that you can write to by FLOWMAP_CACHE"
    }
  }

  /// Compiles, loads and runs the sine, one vector at a time.
  private static var kernel: Finding {
    do {
      let program = try Program.trace("doctor", inputs: [.init("x", ValueType(.real, [], .member))]) {
        [("y", Programs.sin($0[0]))]
      }
      let prepared = try CompiledExecutor(vectorsPerTile: 1).prepare(program)
      let (inputs, outputs) = (prepared.makeInputs(members: 64), prepared.makeOutputs(members: 64))
      for member in 0..<64 { inputs[0].set([Double(member) / 8], member: member) }
      try prepared.run(members: 64, inputs: inputs, outputs: outputs)
      let error = (0..<64).map { abs(outputs[0][0, $0] - Foundation.sin(Double($0) / 8)) }.max() ?? 0
      // libmvec's four units in the last place, of values up to 1.
      guard error <= 4 * 0x1p-52 else {
        return .fault("kernel", "computes the sine with an error of \(error)", cure: "name another compiler by CC")
      }
      return .ok("kernel", prepared.summary)
    } catch {
      return .fault(
        "kernel", "\(error)", cure: "name another compiler by CC; `apt install gcc libc6-dev` has all it needs")
    }
  }
}
