import Foundation
import Testing

extension CommandTests {
  /// What is found wrong with a machine, and what is said to cure it.
  @Suite struct DoctorTests {
    private func doctor(
      _ folder: Scratch, ranks: Int? = nil, _ environment: [String: String] = [:], results: String = "results"
    ) throws -> Tool.Outcome {
      try Tool.run(["doctor", "--results", results], ranks: ranks, in: folder, environment: environment)
    }

    /// The rows that begin with a word, each with the cure below it.
    private func rows(_ kind: String, _ outcome: Tool.Outcome) -> [String] {
      let lines = outcome.output.split(separator: "\n").map(String.init)
      return lines.indices.filter { lines[$0].hasPrefix(kind + " ") }.map { place in
        let next = place + 1 < lines.count && lines[place + 1].contains("→ ") ? lines[place + 1] : ""
        return lines[place] + next
      }
    }

    private func expectFault(_ outcome: Tool.Outcome, _ subject: String, cure: String, _ line: Int = #line) {
      #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
      let faults = rows("FAULT", outcome)
      #expect(faults.count == 1, "line \(line): \(outcome.output)")
      let isTold = faults.allSatisfy { $0.contains(" \(subject) ") && $0.contains("→ ") && $0.contains(cure) }
      #expect(isTold, "line \(line): \(outcome.output)")
    }

    @Test(arguments: [nil, 2])
    func aGoodMachineHasNoFault(ranks: Int?) throws {
      let folder = try Scratch()
      let outcome = try doctor(folder, ranks: ranks)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      #expect(rows("FAULT", outcome).isEmpty && outcome.output.hasSuffix("nothing is wrong\n"), "\(outcome.output)")
      let subjects = ["ranks", "processors", "MPI", "MPI components", "HDF5", "compiler", "kernel cache", "kernel"]
      for subject in subjects + ["functions", "GPU", "results", "Slurm"] {
        #expect(outcome.output.contains(try Regex("(?m)^(ok|note) +\(subject)  ")), "\(subject): \(outcome.output)")
      }
      #expect(outcome.output.contains("Open MPI v4") && outcome.output.contains("members a tile"), "\(outcome.output)")
      #expect(outcome.output.contains("fcoll ^vulcan"), "\(outcome.output)")
      let chosen = "messages: pml ob1 over btl self tcp vader; shared memory: osc sm; files: io ompio, fcoll "
      #expect(outcome.output.contains(ranks == nil ? "none in use by a single rank" : chosen), "\(outcome.output)")
      #expect(!outcome.output.contains(/MPI components.*unknown/), "\(outcome.output)")
      // Libraries are told with their files.
      #expect(outcome.output.contains(" in /") && !outcome.output.contains("in unknown"), "\(outcome.output)")
      #expect(outcome.output.contains(ranks == nil ? "without MPI-IO" : "through MPI-IO by 2 ranks"))
      #expect(ranks == nil || outcome.output.contains("2 that know each other, on 1 node"), "\(outcome.output)")
      #expect(folder.names.isEmpty, "the trial leaves nothing behind")
    }

    @Test(arguments: [nil, 2])
    func aMissingCompilerIsAFault(ranks: Int?) throws {
      let outcome = try doctor(Scratch(), ranks: ranks, ["CC": "/nonexistent/cc"])
      expectFault(outcome, "compiler", cure: "apt install gcc")
    }

    @Test func aCompilerThatDoesNotCompileIsAFault() throws {
      expectFault(try doctor(Scratch(), ["CC": "/bin/false"]), "kernel", cure: "CC")
    }

    @Test func aCacheThatOthersMayWriteToIsAFault() throws {
      let folder = try Scratch()
      try FileManager.default.createDirectory(atPath: folder("cache"), withIntermediateDirectories: true)
      chmod(folder("cache"), 0o777)
      let outcome = try doctor(folder, ["FLOWMAP_CACHE": folder("cache")])
      expectFault(outcome, "kernel cache", cure: "chmod 700 \(folder("cache"))")
    }

    @Test(arguments: [nil, 2])
    func aFolderThatCannotBeWrittenIsAFault(ranks: Int?) throws {
      // Where not even root may write.
      let outcome = try doctor(Scratch(), ranks: ranks, results: "/proc/flowmap/results")
      expectFault(outcome, "results", cure: "--results")
      #expect(outcome.messages.isEmpty, "\(outcome.errors)")
    }

    @Test func anMPIComponentThatCorruptsFilesIsAFaultIfTheUserWantsIt() throws {
      let outcome = try doctor(Scratch(), ranks: 2, ["OMPI_MCA_fcoll": "vulcan"])
      expectFault(outcome, "MPI components", cure: "unset OMPI_MCA_fcoll")
    }

    @Test(arguments: [
      ("OMPI_MCA_io", "romio321", "files: io romio321\n"),
      ("OMPI_MCA_fcoll", "two_phase", "io ompio, fcoll two_phase, fs"),
      ("OMPI_MCA_btl", "self,tcp", "over btl self tcp; "),
    ])
    func componentsAreShownAsMPIHasChosenThem(variable: String, value: String, words: String) throws {
      let outcome = try doctor(Scratch(), ranks: 2, [variable: value])
      #expect(outcome.output.contains(words), "\(outcome.output)\(outcome.errors)")
    }

    @Test func ranksThatDoNotKnowEachOtherAreAnError() throws {
      // As if this process was one of three of a launcher that this MPI does not understand.
      let outcome = try doctor(Scratch(), ["PMI_RANK": "0", "PMI_SIZE": "3"])
      #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("processes were started together"), "\(outcome.errors)")
    }
  }
}
