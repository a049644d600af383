import Foundation
import Testing

extension CommandTests {
  /// The same command again: what is there is kept, what is missing is computed, what has changed is shown.
  @Suite struct ResumeTests {
    /// 61 members, drawn.
    private static let random = JobText.decay.replacing(
      "to: 2, count: 64}\nchunk", with: "to: 2}\ndesign: {method: random, count: 61, seed: 7}\nchunk")

    private func shards(_ folder: Scratch, _ results: String = "results/decay") throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder(results)).filter { $0.hasSuffix(".h5") }.sorted()
    }

    private func merged(_ folder: Scratch, _ results: String) throws -> Data {
      let merge = try Tool.run(["merge", results, "-o", "merged.h5"], in: folder)
      #expect(merge.status == 0, "\(merge.errors)")
      return try folder.contents("merged.h5")
    }

    @Test func aFinishedJobComputesNothingAndMakesNoShard() throws {
      let folder = try Scratch(job: JobText.decay)
      try Tool.run(["run", "job.yaml"], in: folder)
      for ranks in [nil, 2] {
        let again = try Tool.run(["run", "job.yaml"], ranks: ranks, in: folder)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output.contains("all 64 members were there already; nothing was computed"), "\(again.output)")
        #expect(again.output.contains("computed 0, reused 64, failed 0"), "\(again.output)")
      }
      #expect(try shards(folder) == ["shard-0001-node0000.h5"])
    }

    @Test func commentsAndTheOrderOfKeysDoNotMakeAnotherJob() throws {
      let folder = try Scratch(job: JobText.decay)
      try Tool.run(["run", "job.yaml"], in: folder)
      try folder.write(
        "# the same\n"
          + JobText.decay.replacing("from: 0, until: 1, relative", with: "until: 1, from: 0, relative")
          .replacing("chunk: 8", with: "chunk: 16 # ignored: the folder has its chunks\nbackend: auto"), to: "job.yaml")
      let again = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(again.output.contains("computed 0, reused 64, failed 0"), "\(again.errors)")
    }

    @Test func damagedAndLostMembersAreComputedAgain() throws {
      let folder = try Scratch(job: JobText.blowUp)
      try Tool.run(["run", "job.yaml", "--shards", "rank"], ranks: 2, in: folder)
      let whole = try merged(folder, "results/blow-up")
      let names = try shards(folder, "results/blow-up")
      // One of the two shards goes, and a bit of the other, among the data of its first chunks.
      try FileManager.default.removeItem(atPath: folder("results/blow-up/" + names[1]))
      var bytes = try folder.contents("results/blow-up/" + names[0])
      let place = try #require(bytes.firstRange(of: withUnsafeBytes(of: 1.0 + 1.0 / 12) { Data($0) }))
      bytes[place.lowerBound + 3] ^= 4
      try bytes.write(to: URL(fileURLWithPath: folder("results/blow-up/" + names[0])))
      let refused = try Tool.run(["merge", "results/blow-up", "-o", "a.h5"], in: folder)
      #expect(refused.status == 2 && refused.errors.contains("is not complete"), "\(refused.errors)")
      let again = try Tool.run(["run", "job.yaml"], ranks: 3, in: folder)
      let counts = try #require(
        again.output.firstMatch(of: /computed (\d+), reused (\d+), failed (\d+)/), "\(again.errors)")
      #expect(Int(counts.1)! >= 32 && Int(counts.1)! + Int(counts.2)! == 403, "\(again.output)")
      #expect(again.errors.contains("not used: members "), "\(again.errors)")
      #expect(try merged(folder, "results/blow-up") == whole)
      let verify = try Tool.run(["merge", "--verify", "results/blow-up"], ranks: 2, in: folder)
      #expect(verify.status == 0 && verify.output.contains("403 members in 2 shards"), "\(verify.errors)")
    }

    @Test func aChangedJobIsShownAndRefused() throws {
      let folder = try Scratch(job: JobText.decay)
      try Tool.run(["run", "job.yaml"], in: folder)
      try folder.write(
        JobText.decay.replacing("until: 1", with: "until: 2").replacing("u_end: final(u)", with: "u_last: final(u)"),
        to: "job.yaml")
      for option in [[], ["--extend"]] {
        let refused = try Tool.run(["run", "job.yaml"] + option, in: folder)
        #expect(refused.status == 2 && refused.messages.count == 1, "\(refused.errors)")
        for change in [
          "  solve.until: 1 → 2\n", "  outputs.u_end: final(u) → nothing\n", "  outputs.u_last: nothing → final(u)\n",
        ] { #expect(refused.errors.contains(change), "\(refused.errors)") }
      }
      let fresh = try Tool.run(["run", "job.yaml", "--fresh"], in: folder)
      #expect(fresh.status == 0 && fresh.output.contains("results/decay-2; one file: "), "\(fresh.errors)")
      #expect(try shards(folder).count == 1 && shards(folder, "results/decay-2").count == 1)
    }

    @Test(arguments: ["random", "sobol"]) func aLargerCountKeepsItsMembers(method: String) throws {
      let job = Self.random.replacing("random", with: method)
      let folder = try Scratch(job: job)
      try Tool.run(["run", "job.yaml"], in: folder)
      try checkGrowth(folder, job.replacing("count: 61", with: "count: 100"), reused: 61, members: 100)
    }

    @Test func aGridGrowsByValuesOfItsFirstNameAndAListByADesign() throws {
      let grid = JobText.decay.replacing("{k: 1}", with: "{k: 1, c: 1}")
        .replacing("k: {from: 0, to: 2, count: 64}", with: "k: {values: [1, 2, 3]}\n  c: {values: [0, 1, 2, 3, 4]}")
      let folder = try Scratch(job: grid)
      try Tool.run(["run", "job.yaml"], in: folder)
      try checkGrowth(folder, grid.replacing("[1, 2, 3]", with: "[1, 2, 3, 7]"), reused: 15, members: 20)
      let both = grid.replacing("[1, 2, 3]", with: "[1, 2, 3, 7]")
        .replacing("chunk: 8", with: "chunk: 8\ndesign:\n  - {method: grid}\n  - {method: random, count: 9, seed: 3}")
      try checkGrowth(folder, both, reused: 20, members: 29)
    }

    @Test func aTableGrowsByRows() throws {
      let job = JobText.decay.replacing("vary:\n  k: {from: 0, to: 2, count: 64}\n", with: "")
        .replacing("chunk: 8", with: "chunk: 8\ndesign: {method: table, file: points.csv}")
      let folder = try Scratch(job: job)
      let rows = (1...21).map { "\(Double($0) / 8)\n" }.joined()
      try folder.write("k\n" + rows, to: "points.csv")
      try Tool.run(["run", "job.yaml"], in: folder)
      try folder.write("k\n" + rows + "9\n10\n", to: "points.csv")
      let refused = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(
        refused.status == 2 && refused.errors.contains(/table points.csv: 21 rows, .* → 23 rows/), "\(refused.errors)")
      try checkGrowth(folder, job, reused: 21, members: 23)
    }

    /// The folder's job grows, keeps its members, and merges to the bytes of a run that was so large from the start.
    private func checkGrowth(_ folder: Scratch, _ job: String, reused: Int, members: Int) throws {
      try folder.write(job, to: "job.yaml")
      let extended = try Tool.run(["run", "job.yaml", "--extend"], in: folder)
      #expect(
        extended.output.contains("computed \(members - reused), reused \(reused), failed 0"), "\(extended.errors)")
      let whole = try Tool.run(["run", "job.yaml", "--results", "whole\(members)"], in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      #expect(try merged(folder, "results/decay") == merged(folder, "whole\(members)"))
      // From now on it is this job's folder.
      let again = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(again.output.contains("computed 0, reused \(members), failed 0"), "\(again.errors)")
    }

    @Test func anExtensionThatIsLargerThanTheDiskIsRefusedAtOnce() throws {
      let job = JobText.decay.replacing("chunk: 8", with: "design: {method: sobol, count: 64}")
      let folder = try Scratch(job: job)
      try Tool.run(["run", "job.yaml"], in: folder)
      let before = try folder.contents("results/decay/flowmap.json")
      try folder.write(job.replacing("sobol, count: 64}", with: "sobol, count: 100000000000}"), to: "job.yaml")
      let outcome = try Tool.run(["run", "job.yaml", "--extend"], in: folder)
      #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("2.6 TB of results, but results/decay has room for"), "\(outcome.errors)")
      #expect(try folder.contents("results/decay/flowmap.json") == before)
    }

    @Test func aDesignThatWouldMoveItsMembersIsNotExtended() throws {
      let hypercube = Self.random.replacing("random", with: "latin-hypercube")
      for (job, larger) in [
        (hypercube, hypercube.replacing("count: 61", with: "count: 100")),
        (JobText.decay, JobText.decay.replacing("count: 64", with: "count: 65")),
        (Self.random, Self.random.replacing("count: 61", with: "count: 60")),
      ] {
        let folder = try Scratch(job: job)
        try Tool.run(["run", "job.yaml"], in: folder)
        let before = try merged(folder, "results/decay")
        try folder.write(larger, to: "job.yaml")
        for ranks in [nil, 2] {
          let refused = try Tool.run(["run", "job.yaml", "--extend"], ranks: ranks, in: folder)
          #expect(refused.status == 2 && refused.messages.count == 1, "\(refused.errors)")
          #expect(refused.errors.contains("cannot be extended: "), "\(refused.errors)")
        }
        #expect(try shards(folder).count == 1)
        #expect(try merged(folder, "results/decay") == before)
      }
    }

    @Test func aSecondRunInTheSameFolderIsRefused() throws {
      let folder = try Scratch(job: JobText.endless)
      let first = try Tool.start([Tool.path, "run", "job.yaml"], in: folder.path)
      first.waitForErrors(containing: "a second")
      for ranks in [nil, 2] {
        let second = try Tool.run(["run", "job.yaml"], ranks: ranks, in: folder)
        #expect(second.status == 2 && second.messages.count == 1, "\(second.errors)")
        #expect(second.errors.contains("process \(first.process.processIdentifier) on "), "\(second.errors)")
      }
      // What is killed leaves its lock, and the next run takes it over.
      kill(first.process.processIdentifier, SIGKILL)
      _ = first.outcome()
      #expect(folder.exists("results/endless/flowmap.lock"))
      let third = try Tool.start([Tool.path, "run", "job.yaml", "--verbose"], in: folder.path)
      third.waitForErrors(containing: "took over the lock of process \(first.process.processIdentifier)")
      third.process.interrupt()
      #expect(third.outcome().status == 4)
      #expect(!folder.exists("results/endless/flowmap.lock"))
    }

    /// A list of contents that this version cannot read; what is there stays as it is.
    @Test(arguments: [
      (#"{"format":99}"#, "flowmap.json has format 99, but this version knows"),
      (#"{"format":2}"#, "flowmap.json is damaged: it lacks 'job'"),
      ("{", "flowmap.json is damaged: it is not complete JSON"),
    ])
    func aListOfContentsThatCannotBeReadIsAnErrorAndStays(text: String, message: String) throws {
      let folder = try Scratch(job: JobText.decay)
      try Tool.run(["run", "job.yaml"], in: folder)
      try folder.write(text, to: "results/decay/flowmap.json")
      for command in [["run", "job.yaml"], ["merge", "results/decay", "-o", "a.h5"]] {
        let outcome = try Tool.run(command, in: folder)
        #expect(outcome.status == 2 && outcome.messages.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
      }
      #expect(try folder.contents("results/decay/flowmap.json") == Data(text.utf8) && !folder.exists("a.h5"))
    }

    @Test func resultsOfAVersionThatKnewSwiftModelsOtherwiseAreRefused() throws {
      let folder = try Scratch()
      let example = Tool.project + "/examples/brusselator/job.yaml"
      try FileManager.default.copyItem(atPath: example, toPath: folder("job.yaml"))
      func run(_ options: [String] = []) throws -> Tool.Outcome {
        let tool = Tool.buildFolder.appendingPathComponent("brusselator").path
        return try Tool.execute([tool, "run", "job.yaml"] + options, in: folder.path)
      }
      #expect(try run().status == 0)
      let again = try run()
      #expect(again.output.contains("nothing was computed"), "\(again.errors)")
      // As versions before there was a text of programs wrote it.
      let manifest = String(decoding: try folder.contents("results/brusselator/flowmap.json"), as: UTF8.self)
      let old = manifest.replacing("model.program: text 1, ", with: "model.program: ")
      #expect(old != manifest)
      try folder.write(old, to: "results/brusselator/flowmap.json")
      for options in [[], ["--extend"]] {
        let refused = try run(options)
        #expect(refused.status == 2 && refused.messages.count == 1, "\(refused.errors)")
        #expect(
          refused.errors.contains(
            "error: results/brusselator was begun by another version of flowmap, which knew models in Swift in another "
              + "way, so it cannot be told whether these are results of the same model; nothing was written. Start over "
              + "in a new folder with --fresh, "), "\(refused.errors)")
      }
      #expect(try folder.contents("results/brusselator/flowmap.json") == Data(old.utf8))
      let fresh = try run(["--fresh"])
      #expect(fresh.status == 0 && folder.exists("results/brusselator-2"), "\(fresh.errors)")
    }

    @Test func strangersInTheFolderAreNamedOrRefused() throws {
      let folder = try Scratch(job: JobText.decay)
      try Tool.run(["run", "job.yaml"], in: folder)
      try folder.write("mine", to: "results/decay/notes.txt")
      try folder.write("not HDF5", to: "results/decay/shard-0002-node0000.h5")
      let again = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(again.status == 0 && again.output.contains("reused 64"), "\(again.errors)")
      #expect(again.errors.contains("note: ignored in results/decay: notes.txt"), "\(again.errors)")
      #expect(again.errors.contains("shard-0002-node0000.h5: it is not an HDF5 file"), "\(again.errors)")
      #expect(try folder.contents("results/decay/notes.txt") == Data("mine".utf8))
      // A shard of another job is not overlooked.
      try folder.write(JobText.decay.replacing("until: 1", with: "until: 2"), to: "other.yaml")
      try Tool.run(["run", "other.yaml", "--results", "other"], in: folder)
      try FileManager.default.copyItem(
        atPath: folder("other/shard-0001-node0000.h5"), toPath: folder("results/decay/shard-0003-node0000.h5"))
      for command in [
        ["run", "job.yaml"], ["merge", "results/decay", "-o", "a.h5"], ["merge", "--verify", "results/decay"],
      ] {
        let refused = try Tool.run(command, in: folder)
        #expect(refused.status == 2 && refused.messages.count == 1, "\(refused.errors)")
        #expect(refused.errors.contains("shard-0003-node0000.h5 holds results of another job"), "\(refused.errors)")
      }
      #expect(!folder.exists("a.h5"))
    }

    @Test func aMergeOfAPartNamesWhatIsMissing() throws {
      let folder = try Scratch(job: JobText.blowUp)
      try Tool.run(["run", "job.yaml", "--shards", "rank"], ranks: 2, in: folder)
      let names = try shards(folder, "results/blow-up")
      try FileManager.default.removeItem(atPath: folder("results/blow-up/" + names[0]))
      for options in [[], ["--virtual"], ["--compression", "gzip", "--pieces", "slices"]] {
        let merge = try Tool.run(["merge", "results/blow-up", "-o", "a.h5", "--partial"] + options, in: folder)
        #expect(merge.status == 0, "\(merge.errors)")
        let missing = try #require(merge.output.firstMatch(of: /403 members, (\d+) of them missing/), "\(merge.output)")
        let inspect = try Tool.run(["inspect", "a.h5"], in: folder)
        #expect(inspect.output.contains("missing \(missing.1)"), "\(inspect.output)\(inspect.errors)")
        // The number that stands for a missing one is no value.
        let steps = inspect.output.split(separator: "\n").first { $0.hasPrefix("steps(") } ?? ""
        #expect(steps.contains("  \(missing.1)  ") && !steps.contains("-2.1"), "\(steps)")
      }
    }
  }
}
