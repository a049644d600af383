import Foundation
import Testing

extension CommandTests {
  /// Jobs with derivatives, as users run them.
  @Suite struct GradientTests {
    /// Members take from 800 to 10,000 steps, so some of every chunk need more than one tape; one member fails.
    static let oscillator = """
      name: oscillator
      model:
        parameters: {w: 1, k: 0.2, pole: 0}
        states: {u: {start: 1, rate: v}, v: {start: 0, rate: -w^2*u - k*v}, p: {start: 1, rate: pole*p^2}}
      solve: {until: 5, relative_tolerance: 1e-9, absolute_tolerance: 1e-9, maximum_steps: 50000}
      vary: {w: {values: [20, 260, 30, 250, 40, 50, 240, 60, 70]}, pole: {values: [0, 0, 0, 0, 1, 0, 0, 0, 0]}}
      design: {method: zip}
      chunk: 2
      outputs: {u_end: final(u), square: {value: mean(u^2), units: m}}
      gradient: {of: all, with_respect_to: [k, u.start], mode: reverse}
      """

    static let reference: Result<(file: Data, run: Tool.Outcome), any Error> = Result {
      let folder = try Scratch(job: oscillator)
      let run = try Tool.run(["run", "job.yaml", "--threads", "1"], in: folder)
      let merge = try Tool.run(["merge", "results/oscillator", "-o", "a.h5"], in: folder)
      #expect(run.status == 0 && merge.status == 0, "\(run.errors)\(merge.errors)")
      return (try folder.contents("a.h5"), run)
    }

    @Test(arguments: [(nil, 3, "2GB"), (1, 1, "2GB"), (2, 1, "1GB"), (3, 2, "64MB")])
    func ranksThreadsAndMemoryDoNotChangeAByte(ranks: Int?, threads: Int, memory: String) throws {
      let folder = try Scratch(job: Self.oscillator)
      let run = try Tool.run(
        ["run", "job.yaml", "--threads", "\(threads)", "--memory", memory], ranks: ranks, in: folder)
      let merge = try Tool.run(["merge", "results/oscillator", "-o", "a.h5"], in: folder)
      #expect(run.status == 0 && merge.status == 0, "\(run.errors)\(merge.errors)")
      #expect(try folder.contents("a.h5") == Self.reference.get().file)
      #expect(run.errors.contains("5 members took more steps than one tape holds and were differentiated in segments"))
    }

    @Test func theFileOpensInXarrayWithItsDerivatives() throws {
      let (file, run) = try Self.reference.get()
      #expect(run.output.contains("failed, and recorded with their status: 1 "), "\(run.output)")
      let folder = try Scratch()
      try file.write(to: URL(fileURLWithPath: folder("a.h5")))
      let inspect = try Tool.run(["inspect", "a.h5"], in: folder)
      #expect(
        inspect.output.contains("derivative of mean(u^2)") || inspect.output.contains("derivative of square by k"))
      let script = """
        import numpy as np, xarray as xr
        file = xr.open_dataset("a.h5")
        k, t, w = 0.2, 5, file.w
        assert file.d_square_d_u_start.attrs["long_name"] == "derivative of square by u at the start"
        # u = u0 exp(-kt/2) (cos + k/2 sin/omega)(omega t), omega² = w² - k²/4: linear in its start.
        omega = np.sqrt(w**2 - k**2/4)
        exact = np.exp(-k*t/2)*(np.cos(omega*t) + k/2*np.sin(omega*t)/omega)
        good = (file.status == 0).values
        assert list(good) == [True]*4 + [False] + [True]*4, file.status.values
        np.testing.assert_allclose(file.d_u_end_d_u_start[good], exact[good], atol=1e-5)
        np.testing.assert_allclose(file.d_u_end_d_u_start[good], file.u_end[good], rtol=1e-9)
        assert np.isnan(file.d_u_end_d_k[4]) and np.isnan(file.d_square_d_u_start[4])
        print("agrees")
        """
      let check = try Tool.execute(["python3", "-c", script], in: folder.path)
      if check.errors.contains("No module named") {
        FileHandle.standardError.write(Data("\nSKIPPED: derivatives in xarray, as Python has none\n\n".utf8))
      } else {
        #expect(check.output == "agrees\n", "\(check.errors)")
      }
    }

    /// All of the process, its libraries too; a row for each step would take 700 MB.
    @Test func aMillionStepsDifferentiateUnder64MB() throws {
      let folder = try Scratch(
        job: """
          name: million
          model: {parameters: {k: 1}, states: {u: {start: 1, rate: -k*u*(1 + 0.1*cos(t))}}}
          solve: {until: 1, method: rk4, step: 1e-6, maximum_steps: 2000000}
          vary: {k: {from: 0.5, to: 1.5, count: 16}}
          outputs: {u_end: final(u)}
          gradient: {of: all, with_respect_to: all, mode: reverse}
          """)
      let plan = try Tool.run(["plan", "job.yaml"], in: folder)
      #expect(
        plan.output.contains(
          "gradient 1 by 2, reverse mode: 1,024 tapes of 1,024 steps, 65.5 kB for each member at work"),
        "\(plan.output)\(plan.errors)")
      let run = try Tool.run(["run", "job.yaml", "--threads", "1", "--memory", "8MB"], in: folder)
      #expect(run.output.contains("every member succeeded"), "\(run.errors)")
      #expect(run.peakMemory < 64 << 20, "\(run.peakMemory) bytes")
    }

    @Test func wrongBudgetsAreTold() throws {
      let folder = try Scratch(job: Self.oscillator)
      for text in ["much", "-1", "0"] {
        let run = try Tool.run(["run", "job.yaml", "--memory=\(text)"], in: folder)
        #expect(run.status == 2 && run.errors.contains("'\(text)' is invalid for '--memory"), "\(run.errors)")
      }
    }
  }
}
