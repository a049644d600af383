import Testing

@testable import Jobs

/// Texts of jobs that the tests share.
enum JobTexts {
  /// The job of the manual, as written there.
  static let lorenz = """
    name: lorenz
    model:
      parameters: {sigma: 10, rho: 28, beta: 8/3}
      let: {}                                  # named intermediate expressions, in any order
      states:
        x: {start: 1, rate: sigma*(y - x)}
        y: {start: 0, rate: x*(rho - z) - y}
        z: {start: 0, rate: x*y - beta*z}
    solve:
      from: 0
      until: 1
      method: tsit5                            # also: rk4, euler (fixed step), dopri5, vern7 (adaptive)
      relative_tolerance: 1e-8
      absolute_tolerance: 1e-8
      save: {count: 101}                       # or {every: 0.01}, {at: [0, 0.5, 1]}, or nothing
    vary:
      rho: {from: 0, to: 21, count: 1024}
    design: {method: grid}
    outputs:
      z_end: final(z)
    """

  /// A job that uses nearly every key; line 1 is `version`.
  static let full = """
    version: 1
    name: full-job_2
    description: >
      Everything at once,
      on several lines.
    model:
      parameters:
        k: {value: 2*pi, units: 1/s, description: rate of it all}
        dose: 10
        weight: 0.5e2
        threshold: -1
      let:
        late: t > 5 and not fast
        fast: {value: "k > 1", description: a condition}
        flow: "piecewise(late, 2*inner, inner)"
        inner: {value: dose/weight*exp(-k*t), units: mg}
        ratio: dose/weight
      states:
        a: {start: "max(ratio, 0.1)", rate: flow - k*a, units: mg, description: the amount}
        b:
          start: 0
          rate: >-
            k*a
            - b
    solve:
      from: -1
      until: 10
      method: vern7
      first_step: 1e-3
      maximum_step: 0.5
      maximum_steps: 1e6
      save: {every: 0.5, states: [b]}
    vary:
      k: {normal: {mean: 6, sd: 1}, truncate: [0, inf], count: 5}
      dose: {values: [10, 30, 100]}
      weight: {from: 1, to: 1000, count: 3, scale: log}
      a.start: {uniform: [0, 1], count: 3}
    design:
      - {method: grid}
      - method: zip
        groups: {arm: [dose, weight], other: [a.start]}
      - {method: sobol, count: 1024, seed: 7}
      - {method: latin-hypercube, count: 2^4}
      - {method: random, count: 100}
      - {method: table, file: points.csv, columns: {dose: Dose (mg), a.start: a0}}
    outputs:
      end: final(a)
      swing: {value: maximum(a) - minimum(a), units: mg, description: swing of a}
      relative: "at(a + b, 2*pi)/initial(a)*ratio"
      when: time_of_maximum(a*t)
    precision: double
    chunk: 4096
    results: out/full
    backend: cpu
    """

  /// The Lorenz job with one piece of its text replaced.
  static func lorenz(_ piece: String, _ replacement: String) -> String {
    replacing(piece, replacement, in: lorenz)
  }

  static func full(_ piece: String, _ replacement: String) -> String {
    replacing(piece, replacement, in: full)
  }

  private static func replacing(_ piece: String, _ replacement: String, in text: String) -> String {
    let parts = text.split(separator: piece, maxSplits: 1, omittingEmptySubsequences: false)
    precondition(parts.count == 2, "the job has no '\(piece)'")
    return parts.joined(separator: replacement)
  }
}

/// The job, or a test failure.
func job(_ text: String) throws -> JobDocument { try JobDocument(text: text, path: "jobs/test.yaml") }

/// What is wrong with a job, or a test failure if nothing is.
func problems(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> InvalidJob {
  do {
    _ = try job(text)
    Issue.record("the job reads without an error", sourceLocation: sourceLocation)
  } catch let error as InvalidJob {
    return error
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
  return InvalidJob(path: "", problems: [])
}
