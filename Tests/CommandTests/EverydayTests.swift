import Foundation
import Testing

extension CommandTests {
  /// What users do every day.
  @Suite struct EverydayTests {
    @Test func aJobRunsMergesAndShowsWhatIsInIt() throws {
      let folder = try Scratch(job: JobText.decay)
      let run = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.isEmpty)
      #expect(run.output.contains("decay: 64 members in "))
      #expect(run.output.contains("every member succeeded"))
      #expect(run.output.contains("results/decay; one file: flowmap merge results/decay -o decay.h5"))
      let merge = try Tool.run(["merge", "results/decay", "-o", "decay.h5"], in: folder)
      #expect(merge.status == 0, "\(merge.errors)")
      #expect(merge.output.hasPrefix("decay.h5: 64 members, "))
      let inspect = try Tool.run(["inspect", "decay.h5"], in: folder)
      #expect(inspect.status == 0, "\(inspect.errors)")
      #expect(inspect.output.contains("axis member: 64, 0 to 63"))
      // exp(-2) and 1, the ends of the range.
      #expect(inspect.output.contains(/u_end\(member\) +0\.135335 .* 1 +0  final\(u\)/), "\(inspect.output)")
      #expect(inspect.output.contains("status: success 64"))
      let shard = try Tool.run(["inspect", "results/decay/shard-0001-node0000.h5", "--attributes"], in: folder)
      #expect(shard.output.contains("a shard of 'decay' with 8 of the job's 8 chunks"), "\(shard.errors)")
      #expect(shard.output.contains("rate: -k*u"))
    }

    /// The loader looks into `LD_LIBRARY_PATH`, the linker does not.
    @Test func sleefIsLinkedWhereTheLoaderFindsIt() throws {
      let folder = try Scratch(job: JobText.tiny)
      let places = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
      let found = places.map { $0 + "/libsleef.so.3" }.first { FileManager.default.fileExists(atPath: $0) }
      let library = try #require(found, "SLEEF is among the packages that `make test` installs")
      try FileManager.default.createDirectory(atPath: folder("lib"), withIntermediateDirectories: true)
      // What packages install under this name is a symbolic link.
      let file = URL(fileURLWithPath: library).resolvingSymlinksInPath().path
      try FileManager.default.copyItem(atPath: file, toPath: folder("lib/libsleef.so.3"))
      let others = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ":" + $0 } ?? ""
      let run = try Tool.run(
        ["run", "job.yaml"], in: folder,
        environment: ["LD_LIBRARY_PATH": folder("lib") + others, "FLOWMAP_CACHE": folder("cache")])
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      let sources = try FileManager.default.contentsOfDirectory(atPath: folder("cache")).filter { $0.hasSuffix(".c") }
      let source = try String(contentsOfFile: folder("cache/" + #require(sources.first)), encoding: .utf8)
      #expect(source.contains(" \(folder("lib/libsleef.so.3")) "))
    }

    /// Foundation's own way to take paths apart crashes on these.
    @Test func namesOfOneCharacterAreNames() throws {
      let folder = try Scratch(job: JobText.tiny)
      try FileManager.default.moveItem(atPath: folder("job.yaml"), toPath: folder("j"))
      for words in [
        ["run", "j", "--results", "r", "--fresh"], ["run", "j", "--results", "s"], ["merge", "r", "-o", "m"],
        ["merge", "r", "-o", "v", "--virtual"], ["inspect", "m"], ["status", "r"],
      ] {
        let run = try Tool.run(words, in: folder)
        #expect(run.status == 0, "\(words): \(run.errors)")
      }
    }

    @Test func aPlanComputesAndWritesNothing() throws {
      let folder = try Scratch(job: JobText.blowUp)
      let plan = try Tool.run(["plan", "job.yaml", "--rows", "2"], in: folder)
      #expect(plan.status == 0, "\(plan.errors)")
      #expect(plan.output.contains("blow-up: 403 members"))
      #expect(plan.output.contains("13 of 32 members"))
      #expect(plan.output.contains("… 401 more"))
      #expect(folder.names == ["job.yaml"])
      let program = try Tool.run(["plan", "job.yaml", "--dump-ir", "traced"], in: folder)
      #expect(program.output.contains("return u_end: "), "\(program.errors)")
    }

    @Test func theSchemaIsJSONAndTheReferenceIsMarkdown() throws {
      let folder = try Scratch()
      let schema = try Tool.run(["schema"], in: folder)
      let parsed = try JSONSerialization.jsonObject(with: Data(schema.output.utf8)) as? [String: Any]
      #expect(parsed?["$schema"] != nil)
      let reference = try Tool.run(["schema", "--markdown"], in: folder)
      #expect(reference.output.contains("relative_tolerance"))
    }

    @Test(arguments: [[], ["--help"], ["help"]])
    func helpNamesEverySubcommandAndTheExitCodes(arguments: [String]) throws {
      let help = try Tool.run(arguments, in: Scratch())
      #expect(help.status == 0)
      #expect(help.errors.isEmpty)
      for word in ["run", "merge", "plan", "inspect", "schema"] { #expect(help.output.contains("\n  \(word) ")) }
      #expect(help.output.contains("2  bad input"))
    }

    @Test(arguments: ["run", "merge", "plan", "inspect", "schema"])
    func everySubcommandHasHelp(subcommand: String) throws {
      let help = try Tool.run([subcommand, "--help"], in: Scratch())
      #expect(help.status == 0)
      #expect(help.output.contains("USAGE: flowmap \(subcommand)"))
    }

    @Test func theVersionIsPrinted() throws {
      let version = try Tool.run(["--version"], in: Scratch())
      #expect(version.status == 0)
      #expect(version.output.contains(/^\d+\.\d+\.\d+\n$/))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsComeFromTheParser(shell: String) throws {
      let script = try Tool.run(["--generate-completion-script", shell], in: Scratch())
      #expect(script.status == 0)
      #expect(script.output.contains("relative") == false && script.output.contains("backend"))
    }

    @Test(arguments: [
      (["rnu", "job.yaml"], "Did you mean 'run'?"), (["run"], "Missing expected argument '<job>'"),
      (["run", "job.yaml", "--thread", "2"], "Did you mean '--threads'?"),
      (["run", "job.yaml", "--threads", "0"], "--threads must be between 1 and 1024, but is 0"),
      (["run", "job.yaml", "--backend", "gpu"], "'gpu' is invalid for '--backend"),
      (["run", "job.yaml", "--shards", "disk"], "'disk' is invalid for '--shards"),
      (["plan", "job.yaml", "--rows", "-1"], "--rows"),
      (["plan", "job.yaml", "--dump-ir", "x"], "--dump-ir must be one of"),
      (["merge", "results"], "Missing expected argument '--output"),
    ])
    func aWrongCommandLineIsBadInput(arguments: [String], message: String) throws {
      let folder = try Scratch(job: JobText.decay)
      let outcome = try Tool.run(arguments, in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.output.isEmpty)
      #expect(outcome.messages.count == 1 && outcome.errors.contains(message), "\(outcome.errors)")
      #expect(folder.names == ["job.yaml"])
    }

    @Test func aQuietRunSaysNothing() throws {
      let folder = try Scratch(job: JobText.decay)
      let outcome = try Tool.run(["run", "-q", "job.yaml"], in: folder)
      #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome.errors)")
      let merge = try Tool.run(["merge", "-q", "results/decay", "-o", "a.h5"], in: folder)
      #expect(merge.status == 0 && merge.output.isEmpty && merge.errors.isEmpty, "\(merge.errors)")
    }

    @Test func aVerboseRunSaysWhatComputes() throws {
      let folder = try Scratch(job: JobText.decay)
      let outcome = try Tool.run(["run", "-v", "job.yaml"], ranks: 2, in: folder)
      #expect(outcome.errors.contains("cpu: "), "\(outcome.errors)")
      #expect(outcome.errors.contains("set OMPI_MCA_fcoll=^vulcan"))
    }

    @Test func withoutATerminalProgressIsPlainLines() throws {
      let folder = try Scratch(job: JobText.endless)
      let running = try Tool.start([Tool.path, "run", "job.yaml"], in: folder.path)
      running.waitForErrors(containing: "a second")
      running.process.interrupt()
      let errors = running.outcome().errors
      let pattern = /^[\d,]+ of 100,000,000 members, [\d,]+ a second, .* left$/
      #expect(errors.split(separator: "\n").contains { $0.wholeMatch(of: pattern) != nil }, "\(errors)")
      #expect(!errors.contains("\r") && !errors.contains("\u{1B}"))
    }

    @Test func aTerminalShowsABarThatIsGoneAtTheEnd() throws {
      // `script` lends a terminal.
      guard FileManager.default.isExecutableFile(atPath: "/usr/bin/script") else { return }
      let folder = try Scratch(job: JobText.wide(members: 3_000_000))
      let outcome = try Tool.shell("script -qec '\"$flowmap\" run job.yaml' /dev/null", in: folder)
      #expect(outcome.output.contains("· ") || outcome.output.contains("█"), "\(outcome.output)")
      #expect(outcome.output.contains("\u{1B}[Kwide: 3,000,000 members"), "\(outcome.output)")
    }

    @Test func runningAgainInTheSameFolderGivesTheSameFile() throws {
      let folder = try Scratch(job: JobText.decay)
      for name in ["a.h5", "b.h5"] {
        #expect(try Tool.run(["run", "job.yaml"], in: folder).status == 0)
        #expect(try Tool.run(["merge", "results/decay", "-o", name], in: folder).status == 0)
      }
      #expect(try folder.contents("a.h5") == folder.contents("b.h5"))
    }

    @Test func aVirtualMergeShowsTheSameSummary() throws {
      let folder = try Scratch(job: JobText.decay)
      try Tool.run(["run", "job.yaml"], in: folder)
      #expect(try Tool.run(["merge", "results/decay", "-o", "copy.h5"], in: folder).status == 0)
      #expect(try Tool.run(["merge", "results/decay", "--virtual", "-o", "view.h5"], in: folder).status == 0)
      let (copy, view) = (
        try Tool.run(["inspect", "copy.h5"], in: folder), try Tool.run(["inspect", "view.h5"], in: folder)
      )
      #expect(view.output == copy.output.replacing("copy.h5", with: "view.h5"), "\(view.errors)")
    }

    @Test func resultsThatDoNotVaryAreRepeatedForEveryMember() throws {
      // Nothing that is solved depends on k, so the program computes it once for all members.
      let job = JobText.decay.replacing("rate: -k*u", with: "rate: -u")
        .replacing("{from: 0, until: 1,", with: "{from: 0, until: 1, save: {count: 3},")
        .replacing("u_end: final(u)", with: "u_end: final(u)\n  twice: 2*k\n  six: 2*3")
      let folder = try Scratch(job: job)
      let run = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(run.output.contains("every member succeeded"), "\(run.errors)")
      try Tool.run(["merge", "results/decay", "-o", "a.h5"], in: folder)
      let output = try Tool.run(["inspect", "a.h5"], in: folder).output
      #expect(output.contains(/u_end\(member\) +0\.367879 +0\.367879 +\S+ +0\.367879 +0\s/), "\(output)")
      #expect(output.contains(/u\(member, time\) +0\.367879 .* 1 +0/), "\(output)")
      #expect(output.contains(/six\(member\) +6 +6 +0 +6 +0/), "\(output)")
      #expect(output.contains(/twice\(member\) +0 +2 .* 4 +0/), "\(output)")
    }

    @Test func aJobWithoutVariationIsOneMember() throws {
      let job = JobText.decay.replacing("vary:\n  k: {from: 0, to: 2, count: 64}\n", with: "")
        .replacing("{from: 0, until: 1,", with: "{from: 0, until: 1, save: {count: 3},")
      let folder = try Scratch(job: job)
      let run = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(run.output.contains("decay: 1 member in"), "\(run.errors)")
      try Tool.run(["merge", "results/decay", "-o", "a.h5"], in: folder)
      let output = try Tool.run(["inspect", "a.h5"], in: folder).output
      #expect(output.contains(/u_end\(member\) +0\.367879/), "\(output)")
    }

    @Test(arguments: ["euler", "rk4", "tsit5", "dopri5", "vern7"])
    func everyMethodRuns(method: String) throws {
      let isFixed = ["euler", "rk4"].contains(method)
      let control = isFixed ? "step: 0.001" : "relative_tolerance: 1e-6, absolute_tolerance: 1e-6"
      let job = JobText.decay.replacing(
        "relative_tolerance: 1e-6, absolute_tolerance: 1e-6", with: "method: \(method), \(control)")
      let folder = try Scratch(job: job)
      let run = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(run.output.contains("every member succeeded"), "\(run.errors)")
      try Tool.run(["merge", "results/decay", "-o", "a.h5"], in: folder)
      let output = try Tool.run(["inspect", "a.h5"], in: folder).output
      #expect(output.contains(/u_end\(member\) +0\.135/), "\(output)")
      #expect(output.contains(/rejected\(member\) +0 +0/), "\(output)")
    }
  }
}
