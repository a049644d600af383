import Foundation
import Testing

extension CommandTests {
  /// examples/brusselator: a package of its own, with a model in Swift and the whole command line.
  @Suite struct ExampleTests {
    @Test func theBrusselatorAgreesWithAnIndependentSolution() throws {
      // The example stands in this package's build as well (Package.swift), so it is built with the tests.
      let tool = Tool.buildFolder.appendingPathComponent("brusselator").path
      let example = Tool.project + "/examples/brusselator"
      let folder = try Scratch()
      try FileManager.default.copyItem(atPath: example + "/job.yaml", toPath: folder("job.yaml"))
      let help = try Tool.execute([tool, "--help"], in: folder.path)
      #expect(help.output.contains("USAGE: brusselator <subcommand>"), "\(help.errors)")
      let run = try Tool.execute([tool, "run", "job.yaml"], in: folder.path)
      #expect(run.status == 0 && run.output.contains("every member succeeded"), "\(run.errors)")
      #expect(run.output.contains("one file: brusselator merge results/brusselator -o brusselator.h5"))
      let merge = try Tool.execute([tool, "merge", "results/brusselator", "-o", "a.h5"], in: folder.path)
      #expect(merge.status == 0, "\(merge.errors)")
      let script = """
        import csv, sys, h5py, numpy as np
        file = h5py.File("a.h5")
        alpha, time = file["alpha"][:], file["time"][:]
        assert file["u"].shape == (8, 11, 128), file["u"].shape
        for row in csv.DictReader(open(sys.argv[1])):
            at = np.argmin(abs(alpha - float(row["alpha"]))), np.argmin(abs(time - float(row["time"])))
            u, v = file["u"][at], file["v"][at]
            for got, name in [(u[32], "u_32"), (u[64], "u_64"), (v[96], "v_96"), (u.sum(), "sum_u")]:
                # A hundred times the tolerance of the job covers what ten units of time add up to.
                assert abs(got / float(row[name]) - 1) < 1e-6, (row, name, got)
        np.testing.assert_array_equal(file["u_middle"][:], file["u"][:, -1, 64])
        np.testing.assert_allclose(file["total"][:], file["u"][:, -1].sum(axis=1) / 129, rtol=1e-12)
        print("agrees")
        """
      let check = try Tool.execute(["python3", "-c", script, example + "/reference.csv"], in: folder.path)
      if check.errors.contains("No module named") {
        FileHandle.standardError.write(Data("\nSKIPPED: the Brusselator's numbers, as Python has no h5py\n\n".utf8))
      } else {
        #expect(check.output == "agrees\n", "\(check.errors)")
      }
      let wrong = try String(contentsOfFile: example + "/job.yaml", encoding: .utf8)
      try folder.write(wrong.replacing("{swift: brusselator,", with: "{swift: brusselater,"), to: "wrong.yaml")
      let outcome = try Tool.execute([tool, "plan", "wrong.yaml"], in: folder.path)
      #expect(outcome.status == 2 && outcome.errors.contains("Did you mean 'brusselator'?"), "\(outcome.errors)")
    }

    /// The numbers in what an example prints, line by line.
    private static func numbers(printedBy example: String) throws -> [(line: String, numbers: [Double])] {
      let folder = try Scratch()
      let run = try Tool.execute([Tool.buildFolder.appendingPathComponent(example).path], in: folder.path)
      #expect(run.status == 0, "\(run.errors)")
      return run.output.split(separator: "\n").map { line in
        (String(line), line.split { " ,".contains($0) }.compactMap { Double($0) })
      }
    }

    @Test func theTaylorSeriesHasTheDerivativeOfTheSine() throws {
      let lines = try Self.numbers(printedBy: "taylor-sine")
      for name in ["native:", "traced:"] {
        let line = try #require(lines.first { $0.line.hasPrefix(name) })
        // sin 1 = value, derivative, off cos 1 by error: 1, value, derivative, 1, error
        #expect(abs(line.numbers[1] - sin(1.0)) < 1e-15 && abs(line.numbers[2] - cos(1.0)) < 1e-15, "\(line.line)")
      }
      #expect(lines.contains { $0.line == "  after three terms: \(1 - 1.0 / 6 + 1.0 / 120)" }, "\(lines)")
      let last = try #require(lines.last)
      #expect(last.numbers.suffix(2).allSatisfy { $0 < 1e-14 }, "\(last.line)")
    }

    @Test func adjointTangentAndHandWrittenSensitivitiesAgree() throws {
      let rows = try Self.numbers(printedBy: "sensitivities").dropFirst()
      #expect(rows.count == 6)
      for row in rows {
        // Nine digits are printed; the hand-written equations take steps of their own, to the solver's tolerance.
        #expect(abs(row.numbers[0] - row.numbers[1]) < 2e-9, "\(row.line)")
        #expect(abs(row.numbers[0] - row.numbers[2]) < 1e-7 * abs(row.numbers[0]), "\(row.line)")
      }
    }

    @Test func theChainsLowestFrequencyHasTheDerivativesOfItsMode() throws {
      let lines = try Self.numbers(printedBy: "oscillator-chain")
      let first = try #require(lines.first)
      #expect(abs(first.numbers[0] - first.numbers[1]) < 1e-11, "\(first.line)")
      let masses = lines.filter { $0.line.hasPrefix("mass") }
      #expect(masses.count == 5)
      for mass in masses { #expect(abs(mass.numbers[1] - mass.numbers[2]) < 2e-9, "\(mass.line)") }
      // Doubling all springs multiplies the frequency by √2: Σ k ∂f/∂k = f/2.
      let springs = lines.filter { $0.line.hasPrefix("spring") }.map { $0.numbers[1] }
      #expect(springs.count == 6 && abs(3 * springs.reduce(0, +) - first.numbers[1] / 2) < 1e-7)
      #expect(lines.last?.line.hasPrefix("tuned to 1.000000000000") == true, "\(lines)")
    }

    @Test func theTrebuchetsDerivativesAreThoseOfItsShots() throws {
      let lines = try Self.numbers(printedBy: "trebuchet")
      let standard = try #require(lines.first)
      // virtualtrebuchet.com's own run of its standard machine releases with the short arm at x = -0.0750 m of 0.5334 m.
      #expect(abs(standard.numbers[1] - asin(-0.07504 / 0.5334) * 180 / .pi) < 0.02, "\(standard.line)")
      for name in ["release", "weight", "wind"] {
        let row = try #require(lines.first { $0.line.hasPrefix(name + " ") })
        #expect(abs(row.numbers[0] - row.numbers[1]) < 1e-6 * abs(row.numbers[1]), "\(row.line)")
      }
      let shots = lines.filter { $0.line.hasPrefix("target") }
      #expect(shots.count == 3)
      for shot in shots {
        let miss = try #require(shot.numbers.first { $0 != 0 && abs($0) < 1e-5 }, "\(shot.line)")
        #expect(miss < 1e-6, "\(shot.line)")
      }
    }
  }
}
