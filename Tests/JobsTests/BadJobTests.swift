import Testing

@testable import Jobs

/// Bad jobs: what is replaced in a good one, what is then said, and on which line.
@Suite struct BadJobTests {
  /// A piece of the Lorenz job, its replacement, a part of the message, and the line.
  typealias Row = (piece: String, replacement: String, message: String, line: Int)

  static let names: [Row] = [
    (
      "sigma*(y - x)", "sigme*(y - x)",
      "jobs/test.yaml:6: rate of 'x' uses 'sigme', which is not a parameter, state or let name. Did you mean 'sigma'?",
      6
    ),
    ("start: 1,", "start: sigm,", "start of 'x' uses 'sigm', which is not a parameter or let name", 6),
    ("start: 1,", "start: y,", "start of 'x' uses the state 'y', but a start can use only parameters", 6),
    ("start: 1,", "start: 1 +,", "start of 'x' ends where a number, a name or '(' was expected", 6),
    ("start: 1,", "start: 1 > 0,", "start of 'x' must be a number, but '1 > 0' is a condition", 6),
    ("sigma*(y - x)", "e*x", "Euler's number is exp(1)", 6),
    ("sigma*(y - x)", "sgn(x)", "calls 'sgn', which is not a function. Did you mean 'sign'?", 6),
    ("sigma*(y - x)", "final(x)", "rate of 'x' calls 'final', but only outputs can", 6),
    ("sigma*(y - x)", "piecewise(x)", "calls 'piecewise' with 1 argument, but it takes pairs", 6),
    ("sigma*(y - x)", "0 < x < 1", "Did you mean '0 < x and x < 1'?", 6),
    ("sigma*(y - x)", "sigma*(y - x", "rate of 'x' has a '(' that is never closed", 6),
    ("sigma*(y - x)", "x > 0", "Did you mean 'piecewise(x > 0, 1, 0)'?", 6),
    ("sigma*(y - x)", "0x1F*x", "Numbers are decimal", 6),
    ("let: {}", "let: {a: b, b: c + 1, c: a*2}", "let names depend on each other in a circle: a -> b -> c -> a", 4),
    ("let: {}", "let: {a: a + 1}", "let names depend on each other in a circle: a -> a", 4),
    ("let: {}", "let: {x: 1}", "'x' cannot name a state, as it is a let already (line 4)", 6),
    ("let: {}", "let: {sigma: 1}", "'sigma' cannot name a let, as it is a parameter already (line 3)", 4),
    ("let: {}", "let: {t: 1}", "'t' cannot name a let, as it is the time", 4),
    ("let: {}", "let: {sin: 1}", "'sin' cannot name a let, as it is a function", 4),
    ("let: {}", "let: {final: 1}", "as it is a function of outputs", 4),
    ("let: {}", "let: {pi: 3}", "as it is a constant", 4),
    ("let: {}", "let: {and: 3}", "as it is a word of the expression language", 4),
    ("let: {}", "let: {member: 3}", "as it is a variable of every results file", 4),
    ("let: {}", "let: {1st: 3}", "'1st' cannot name a let: a name is a letter", 4),
    ("let: {}", "let: {_a: 3}", "'_a' cannot name a let: a name is a letter", 4),
    ("z_end: final(z)", "z: final(z)", "'z' cannot name an output, as it is a state already (line 8)", 20),
    ("z_end: final(z)", "time: final(z)", "'time' cannot name an output, as it is a variable of every", 20),
    (
      "z_end: final(z)", "z_end: z",
      "output 'z_end' uses 'z' by itself, but it changes in time. Did you mean 'final(z)'?", 20
    ),
    ("z_end: final(z)", "z_end: final(z)*t", "Did you mean 'final(t)'?", 20),
    ("z_end: final(z)", "z_end: final(w)", "output 'z_end' uses 'w', which is not a parameter, state or let", 20),
    ("z_end: final(z)", "z_end: final(maximum(z))", "has 'maximum' inside 'final'", 20),
    ("z_end: final(z)", "z_end: at(z, 2)", "has the time 2, which is outside the solution, from 0 until 1", 20),
    (
      "z_end: final(z)", "z_end: at(z, x)",
      "must be a number such as 2.5 or 2*pi, or an expression over parameters, but it is 'x'", 20
    ),
    ("z_end: final(z)", "z_end: at(z)", "calls 'at' with 1 argument, but it takes 2 arguments", 20),
    ("z_end: final(z)", "z_end: mean(z > 0)", "must be a number, but 'z > 0' is a condition", 20),
    ("z_end: final(z)", "z_end: finale(z)", "Did you mean 'final'?", 20),
    ("z_end: final(z)", "z_end: {valu: final(z)}", "output 'z_end' has no key 'valu'. Did you mean 'value'?", 20),
    ("rho: {from", "rh: {from", "vary has 'rh', which is not a parameter or the start of a state", 17),
    ("rho: {from", "x: {from", "Did you mean 'x.start'?", 17),
    ("rho: {from", "w.start: {from", "Did you mean 'x.start'?", 17),
    ("save: {count: 101}", "save: {count: 11, states: [x, w]}", "solve.save.states has 'w', which is not a state", 15),
  ]

  static let values: [Row] = [
    ("until: 1", "until: yes", "solve.until must be a number such as 31, 1e-8 or 8/3, but it is 'yes'", 11),
    ("until: 1", "until: 1:30:00", "is no single number; write times in the model's unit", 11),
    ("until: 1", "until: 0x1F", "but it is '0x1F', which is not one. Numbers are decimal", 11),
    ("until: 1", "until: [1]", "solve.until must be a number such as 31, 1e-8 or 8/3, but it is a list", 11),
    ("until: 1", "until:", "solve.until has no value", 11),
    ("until: 1", "until: 1/0", "solve.until must be a finite number, but '1/0' is not", 11),
    ("until: 1", "until: 1e999", "beyond double precision", 11),
    ("until: 1", "until: 0", "solve.until must be after solve.from, but they are 0 and 0", 11),
    ("until: 1", "until: -1", "To go back in time, negate every rate", 11),
    ("until: 1", "untill: 1", "solve has no key 'untill'. Did you mean 'until'?", 11),
    ("  until: 1\n", "", "solve needs 'until': Time at the end", 10),
    ("beta: 8/3", "beta: rho", "model.parameters.beta must be a number", 3),
    ("beta: 8/3", "beta: nan", "model.parameters.beta must be a number", 3),
    ("beta: 8/3", "beta: 0/0", "must be a finite number", 3),
    ("beta: 8/3", "beta: {values: 3}", "model.parameters.beta has no key 'values'. Did you mean 'value'?", 3),
    (
      "method: tsit5", "method: tsit",
      "solve.method must be tsit5, dopri5, vern7, rk4 or euler, but it is 'tsit'. Did you mean 'tsit5'?", 12
    ),
    (
      "method: tsit5", "method: rk4",
      "solve has 'relative_tolerance', which does not go with 'method: rk4'. It goes with method: tsit5 or dopri5 or vern7",
      13
    ),
    (
      "save: {count: 101}", "step: 0.1",
      "solve has 'step', which does not go with 'method: tsit5'. It goes with method: rk4 or euler", 15
    ),
    (
      "relative_tolerance: 1e-8", "relative_tolerance: 0",
      "solve.relative_tolerance must be greater than 0, but it is '0'", 13
    ),
    ("relative_tolerance: 1e-8", "relative_tolerance: -1e-8", "must be greater than 0", 13),
    (
      "relative_tolerance: 1e-8", "relative_tolerance: 1e-16",
      "is 1e-16, but double precision reaches no less than 2.2", 13
    ),
    ("relative_tolerance: 1e-8", "relative_tolerance: 2", "must be less than 1", 13),
    ("absolute_tolerance: 1e-8", "absolute_tolerance: 1e-320", "but double precision reaches no less than 2.2", 14),
    ("absolute_tolerance: 1e-8", "absolute_tolerance: low", "must be a number", 14),
    (
      "absolute_tolerance: 1e-8", "first_step: 2",
      "solve.first_step must be no longer than the time to solve, 1, but it is 2", 14
    ),
    (
      "absolute_tolerance: 1e-8", "maximum_steps: 1.5", "solve.maximum_steps must be a whole number, but it is '1.5'",
      14
    ),
    ("absolute_tolerance: 1e-8", "maximum_steps: 0", "must be a whole number from 1 on, but it is '0'", 14),
    ("{count: 101}", "{count: 1}", "solve.save.count must be a whole number from 2 on, but it is '1'", 15),
    ("{count: 101}", "{count: 1e9}", "solve.save.count makes 1000000000 times, but at most 10000000", 15),
    ("{count: 101}", "{every: 1e-9}", "times, but at most 10000000 can be saved", 15),
    ("{count: 101}", "{every: 2}", "solve.save.every must be no longer than the time to solve, 1", 15),
    ("{count: 101}", "{every: -1}", "must be greater than 0", 15),
    ("{count: 101}", "{at: [0, 0.5, 0.5]}", "solve.save.at must increase, but 0.5 comes after 0.5", 15),
    ("{count: 101}", "{at: [0, 2]}", "solve.save.at has the time 2, which is outside the solution", 15),
    ("{count: 101}", "{at: []}", "must be a list of at least 1 value, but it is a list of 0", 15),
    ("{count: 101}", "{at: {x: 1}}", "solve.save.at must be a number such as 31, 1e-8 or 8/3, but it is a mapping", 15),
    ("{count: 101}", "{count: 3, every: 1}", "solve.save has 'count', which does not go with 'every'", 15),
    ("{count: 101}", "{cuont: 3}", "solve.save has no key 'cuont'. Did you mean 'count'?", 15),
    ("{count: 101}", "all", "solve.save must be a mapping", 15),
    ("{count: 101}", "{count: 3, states: [x, x]}", "one with 'x' twice", 15),
    ("name: lorenz", "name: ../lorenz", "name must be made of letters, digits", 1),
    ("name: lorenz", "version: 2\nname: lorenz", "version 2 of the job format is not known", 1),
    ("name: lorenz", "chunk: 0\nname: lorenz", "chunk must be a whole number from 1 on", 1),
    ("name: lorenz", "precision: half\nname: lorenz", "precision must be double or single, but it is 'half'", 1),
    ("name: lorenz", "backend: gpu\nname: lorenz", "backend must be auto, cpu or batched, but it is 'gpu'", 1),
    ("name: lorenz", "precision: single\nname: lorenz", "is 1e-08, but single precision reaches no less than 1.19", 14),
    ("name: lorenz\n", "", "the job needs 'name': Name of the job", 1),
  ]

  static let variations: [Row] = [
    ("from: 0, to: 21", "from: 21, to: 0", "vary.rho: 'from' must be less than 'to', but they are 21 and 0", 17),
    ("from: 0, to: 21", "from: 1, to: 1", "'from' must be less than 'to', but they are 1 and 1", 17),
    ("count: 1024", "count: 1.5", "vary.rho.count must be a whole number, but it is '1.5'", 17),
    ("count: 1024", "count: -3", "vary.rho.count must be a whole number from 1 on", 17),
    ("count: 1024", "count: 1", "at least 2, for both ends of the range", 17),
    ("count: 1024", "count: many", "vary.rho.count must be a number", 17),
    (", count: 1024", "", "vary.rho needs a 'count' for the design 'grid'", 17),
    ("count: 1024", "count: 3, scale: log", "vary.rho.from must be greater than 0 with 'scale: log', but it is 0", 17),
    (
      "count: 1024", "count: 3, scale: log10",
      "vary.rho.scale must be linear or log, but it is 'log10'. Did you mean 'log'?", 17
    ),
    ("{from: 0, to: 21, count: 1024}", "21", "vary.rho must be a mapping with keys such as 'from', 'to'", 17),
    ("{from: 0, to: 21, count: 1024}", "{form: 0, to: 21}", "vary.rho has no key 'form'. Did you mean 'from'?", 17),
    ("{from: 0, to: 21, count: 1024}", "{value: [1]}", "vary.rho has no key 'value'. Did you mean 'values'?", 17),
    ("{from: 0, to: 21, count: 1024}", "{values: []}", "vary.rho.values must be a list of at least 1 value", 17),
    ("{from: 0, to: 21, count: 1024}", "{values: [1, x]}", "vary.rho.values[1] must be a number", 17),
    (
      "{from: 0, to: 21, count: 1024}", "{values: [1], count: 1}",
      "vary.rho has 'count', which does not go with 'values'", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{normal: {mean: 0, sd: 0}, count: 3}",
      "vary.rho.normal.sd must be greater than 0", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{normal: {mean: 0}, count: 3}",
      "vary.rho.normal needs 'sd': Standard deviation", 17
    ),
    ("{from: 0, to: 21, count: 1024}", "{normal: {mean: 0, std: 1}, count: 3}", "vary.rho.normal has no key 'std'", 17),
    ("{from: 0, to: 21, count: 1024}", "{normal: [0, 1], count: 3}", "vary.rho.normal must be a mapping", 17),
    (
      "{from: 0, to: 21, count: 1024}", "{uniform: [1, 0], count: 3}",
      "vary.rho.uniform: 'low' must be less than 'high', but they are 1 and 0", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{uniform: [1], count: 3}", "must be a list of 2 values, but it is a list of 1",
      17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{uniform: 1, count: 3}",
      "must be a list of two numbers, [low, high], but it is '1'", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{loguniform: [0, 1], count: 3}",
      "vary.rho.loguniform[0] must be greater than 0", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{lognormal: {median: 0, sigma: 1}, count: 3}", "median must be greater than 0",
      17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{triangular: {low: 0, mode: 3, high: 2}, count: 3}",
      "vary.rho.triangular.mode must be from 0 to 2, but it is 3", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{beta: {alpha: 1, beta: 2, low: 3}, count: 3}",
      "'low' must be less than 'high', but they are 3 and 1", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{gamma: {shape: -1, scale: 1}, count: 3}",
      "vary.rho.gamma.shape must be greater than 0", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{exponential: {mean: 1}, truncate: [-2, -1], count: 3}",
      "bounds that leave something of [0, inf]", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{exponential: {mean: 1}, truncate: [2, 1], count: 3}",
      "vary.rho.truncate: 'low' must be less than 'high'", 17
    ),
    (
      "{from: 0, to: 21, count: 1024}", "{normal: {mean: 0, sd: 1}, uniform: [0, 1]}",
      "which does not go with 'normal'. Give one of them", 17
    ),
    ("rho: {from", "rho x: {from", "'rho x' cannot name something that varies", 17),
  ]

  static let designs: [Row] = [
    (
      "{method: grid}", "{method: girds}",
      "design.method must be grid, zip, random, latin-hypercube, sobol or table, but it is 'girds'. Did you mean 'grid'?",
      18
    ),
    (
      "{method: grid}", "{method: grid, count: 3}",
      "design has 'count', which does not go with 'method: grid'. It goes with method: random or latin-hypercube or sobol",
      18
    ),
    ("{method: grid}", "{method: sobol}", "design needs 'count': How many members", 18),
    ("{method: grid}", "{method: sobol, count: 0}", "design.count must be a whole number from 1 on", 18),
    ("{method: grid}", "{method: sobol, count: 8, seed: -1}", "design.seed must be a whole number from 0 on", 18),
    ("{method: grid}", "{method: table}", "design needs 'file'", 18),
    ("{method: grid}", "{method: table, file: a.csv}", "vary.rho is not used: no design takes values from 'vary'", 17),
    (
      "{method: grid}", "{method: table, file: a.csv, columns: {sigmo: s}}",
      "design.columns has 'sigmo', which is not a parameter or the start of a state (such as 'x.start'). Did you mean 'sigma'?",
      18
    ),
    (
      "{method: grid}", "{method: zip, groups: {a: [rho, sigma]}}",
      "the group 'a' has 'sigma', which is not under 'vary'", 18
    ),
    (
      "{method: grid}", "{method: zip, groups: {a: [rho], b: [rho]}}",
      "'rho' is in the groups 'a', 'b', but it can advance with one", 18
    ),
    ("{method: grid}", "[{method: grid}, {method: zop}]", "design[1].method must be grid", 18),
    ("{method: grid}", "[]", "design must be a list of at least 1 value", 18),
    ("{method: grid}", "grid", "design must be a mapping", 18),
  ]

  static let files: [Row] = [
    ("until: 1", "until: 1\n  until: 2", "'until' is given twice; the first is on line 11", 12),
    ("{sigma: 10,", "{sigma: 10, \"sigma\": 11,", "'sigma' is given twice; the first is on line 3", 3),
    ("    z: {start: 0, rate", "    x: {start: 0, rate", "'x' is given twice; the first is on line 6", 8),
    ("name: lorenz", "name: lorenz\nnmae: lorenz", "the job has no key 'nmae'. Did you mean 'name'?", 2),
    ("name: lorenz", "name: &n lorenz", "the anchor '&n' is not supported", 1),
    ("until: 1", "<<: {until: 1}", "merge keys ('<<') are not supported", 11),
    ("until: 1", "until: !!float 1", "the tag '!!float' is not supported", 11),
    ("until: 1", "until: *n", "found undefined alias. A text that begins with *, & or ! needs quotes", 11),
    ("  until: 1", "\tuntil: 1", "Indent with spaces, not with tabs", 11),
    ("  until: 1", "   until: 1", "this is not YAML", 11),
    ("until: 1", "until: a: b", "A text with ': ' in it needs quotes", 11),
    ("until: 1", "until: @a", "A text that begins with @, ` or % needs quotes", 11),
    ("until: 1", "[a]: 1", "a key must be a plain text", 11),
    ("solve:", "---\nsolve:", "a second document begins here", 9),
    ("sigma*(y - x)", "min(x, y)", "'y)' is not a key. Inside {…} a comma ends a value: put quotes", 6),
    ("{sigma: 10,", "{sigma:10,", "'sigma:10' is not a key. A key needs a space after its colon, as in 'sigma: 10'", 3),
    ("{start: 1, rate: sigma*(y - x)}", "1", "model.states.x must be a mapping", 6),
    ("start: 1, ", "", "state 'x' needs 'start'", 6),
    ("name: lorenz", "name: \u{7}", "control characters are not allowed", 1),
  ]

  /// A second line in the place of the design.
  private static func gradient(_ text: String, _ message: String) -> Row {
    ("design: {method: grid}", "gradient: \(text)", message, 18)
  }

  static let gradients: [Row] = [
    gradient(
      "{of: [z_ned], with_respect_to: [rho]}",
      "gradient.of has 'z_ned', which is not an output or a saved state. Did you mean 'z_end'?"),
    gradient(
      "{of: [z_end], with_respect_to: [roh]}",
      "gradient.with_respect_to has 'roh', which is not a parameter or the start of a state (such as 'x.start'). Did you mean 'rho'?"
    ),
    gradient("{of: [z_end], with_respect_to: [x]}", "Did you mean 'x.start'?"),
    gradient(
      "{of: [status], with_respect_to: all}",
      "gradient.of has 'status', which has no derivative, as it is a whole number that tells how"),
    gradient("{of: [steps], with_respect_to: all}", "gradient.of has 'steps', which has no derivative"),
    gradient(
      "{of: [rho], with_respect_to: all}", "gradient.of has 'rho', which has no derivative, as it is a parameter"),
    gradient("{of: [t], with_respect_to: all}", "which has no derivative, as it is the time"),
    gradient(
      "{of: [z], with_respect_to: all, mode: reverse}",
      "gradient.mode is 'reverse', but the derivatives of 'z' at all saved times need forward mode"),
    gradient(
      "{of: [z_end, z_end], with_respect_to: all}",
      "gradient.of must be a list of different names, but it is one with 'z_end' twice"),
    gradient(
      "{of: each, with_respect_to: all}", "gradient.of must be 'all' or a list of names, [a, b, …], but it is 'each'"),
    gradient("{of: all}", "gradient needs 'with_respect_to': By what"),
    gradient("{of: all, with_respect_to: all, mode: backward}", "gradient.mode must be auto, reverse or forward"),
    gradient("{of: [], with_respect_to: all}", "gradient.of must be a list of at least 1 value"),
    gradient("{of: all, by: all}", "gradient has no key 'by'"),
    (
      "save: {count: 101}                       # or {every: 0.01}, {at: [0, 0.5, 1]}, or nothing",
      "\ngradient: {of: [z], with_respect_to: all}",
      "gradient.of has the state 'z', whose derivatives are those of its saved series, but solve.save keeps nothing. Save it, or",
      16
    ),
    (
      "save: {count: 101}                       # or {every: 0.01}, {at: [0, 0.5, 1]}, or nothing",
      "save: {count: 3, states: [x]}\ngradient: {of: [z], with_respect_to: all}", "but solve.save does not keep it", 16
    ),
    (
      "outputs:\n  z_end: final(z)", "gradient: {of: all, with_respect_to: all}",
      "gradient.of is 'all', which means all outputs, but the job has none", 19
    ),
  ]

  @Test(arguments: names + values + variations + designs + gradients + files)
  func aMistakeIsToldWithItsLine(_ row: Row) {
    let found = problems(JobTexts.lorenz(row.piece, row.replacement))
    #expect(found.description.contains(row.message), "\(found)")
    #expect(found.problems.contains { $0.line == row.line }, "\(found)")
    // One mistake, one problem; tolerances that do not go with rk4 are two, and its missing step the third.
    #expect(found.problems.count <= 3, "\(found)")
  }
}
