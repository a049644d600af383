/// Jobs that the tests run.
enum JobText {
  /// 403 members in chunks of 32, so the last is short; u has a pole at t = 1/k, which members with k > 1 do not survive.
  static let blowUp = """
    name: blow-up
    model:
      parameters: {k: 1, c: 0.5}
      states:
        u: {start: 1, rate: k*u^2}
        v: {start: 0, rate: c*cos(t)}
    solve:
      from: 0
      until: 1
      relative_tolerance: 1e-8
      absolute_tolerance: 1e-8
      maximum_steps: 2000
      save: {count: 5}
    vary:
      k: {from: 0, to: 1.5, count: 31}
      c: {from: 1, to: 2, count: 13}
    chunk: 32
    outputs:
      u_end: final(u)
      v_mean: {value: mean(v), units: m}
      twice: 2*c
    """

  /// 256 members in chunks of 64, whose costs grow with w: the last chunk takes most of the run.
  static let uneven = """
    name: uneven
    model:
      parameters: {w: 1}
      states:
        u: {start: 1, rate: v}
        v: {start: 0, rate: -w*w*u}
    solve: {until: 20, relative_tolerance: 1e-8, absolute_tolerance: 1e-8, save: {count: 5}, maximum_steps: 100000000}
    vary:
      w: {from: 1, to: 10000, count: 256, scale: log}
    chunk: 64
    outputs:
      u_end: final(u)
    """

  /// One number decays; 64 members in chunks of 8.
  static let decay = """
    name: decay
    model:
      parameters: {k: 1}
      states:
        u: {start: 1, rate: -k*u}
    solve: {from: 0, until: 1, relative_tolerance: 1e-6, absolute_tolerance: 1e-6}
    vary:
      k: {from: 0, to: 2, count: 64}
    chunk: 8
    outputs:
      u_end: final(u)
    """

  /// Four members, two steps and one chunk: the batched backend without optimisation takes long for more.
  static let tiny = """
    name: decay
    model:
      parameters: {k: 1}
      states:
        u: {start: 1, rate: -k*u}
    solve: {from: 0, until: 1, method: euler, step: 0.5}
    vary:
      k: {from: 0, to: 2, count: 4}
    outputs:
      u_end: final(u)
    """

  /// Many cheap members with three outputs.
  static func wide(members: Int) -> String {
    """
    name: wide
    model:
      parameters: {k: 1}
      states:
        u: {start: 1, rate: -k*u}
    solve: {from: 0, until: 1, method: euler, step: 0.25}
    vary:
      k: {from: 0, to: 2, count: \(members)}
    outputs:
      u_end: final(u)
      u_mean: mean(u)
      u_low: minimum(u)
    """
  }

  /// Many minutes of work in small chunks, for tests that end it early.
  static let endless = """
    name: endless
    model:
      parameters: {k: 1}
      states:
        u: {start: 1, rate: -k*u}
    solve: {from: 0, until: 1, method: rk4, step: 1e-4}
    vary:
      k: {from: 0, to: 2, count: 100000000}
    chunk: 1024
    outputs:
      u_end: final(u)
    """
}
