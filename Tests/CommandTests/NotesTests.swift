import Foundation
import Testing

extension CommandTests {
  /// What a run notes is in the merged file.
  @Suite struct NotesTests {
    /// `room` has no value where u falls below 0.5, `part` jumps, and the dose comes too late.
    private static let job = """
      name: notes
      model:
        parameters: {k: 1}
        states: {u: {start: 1, rate: -k*u}}
        events: {dose: {at: 9, set: {u: 2*u}}}
      solve: {until: 1, relative_tolerance: 1e-6, absolute_tolerance: 1e-6}
      vary:
        k: {from: 0, to: 2, count: 64}
      chunk: 8
      outputs:
        u_end: final(u)
        room: log(final(u) - 0.5)
        part: floor(3*final(u))*k
      gradient: {of: [part, u_end], with_respect_to: [k, u.start]}
      """
    private static let ending = "'room' is not a number in 42 members, but none of them failed"

    private func merged(_ folder: Scratch) throws -> (file: Data, errors: String) {
      let merge = try Tool.run(["merge", "results/notes", "-o", "notes.h5"], in: folder)
      #expect(merge.status == 0, "\(merge.errors)")
      return (try folder.contents("notes.h5"), merge.errors)
    }

    @Test func aReaderOfTheFileSeesThem() throws {
      let folder = try Scratch(job: Self.job)
      let run = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(run.status == 0 && run.errors.contains("note: \(Self.ending)\n"), "\(run.errors)")
      let file = try merged(folder)
      #expect(file.errors.isEmpty)
      let inspect = try Tool.run(["inspect", "notes.h5"], in: folder).output.split(separator: "\n")
      #expect(inspect.contains("note on room: \(Self.ending)"))
      #expect(
        inspect.contains { $0.hasPrefix("note on d_part_d_u_start: zero are the derivatives of 'part' by 'u.start'") })
      #expect(inspect.contains { $0.hasPrefix("note: event 'dose' never happens") })
      #expect(inspect.count { $0.hasPrefix("note: ") || $0.hasPrefix("note on ") } == 3)
    }

    /// `small` stays below its tolerance and moves `pool`; `none` is zero, `alone` moves nothing that is kept.
    @Test func aStateBelowItsToleranceIsNoted() throws {
      let job = """
        name: small
        model:
          parameters: {k: 1}
          states:
            small: {start: 1e-12*k, rate: -0.1*small}
            pool: {start: 1, rate: 1e12*small - pool}
            none: {start: 0, rate: 0}
            alone: {start: 1e-14, rate: 0}
        solve: {until: 5, absolute_tolerance: {default: 1e-9, alone: 1e-12}}
        vary:
          k: {values: [0, 1, 10, 1e5]}
        outputs:
          pool_end: final(pool)
          none_end: final(none)
        """
      let folder = try Scratch(job: job)
      let text =
        "'small' stayed below its absolute tolerance of 1e-09 for most of the solution in 2 members: no digit of it is"
      let run = try Tool.run(["run", "job.yaml"], in: folder)
      #expect(run.status == 0 && run.errors.contains("note: \(text)"), "\(run.errors)")
      try Tool.run(["merge", "results/small", "-o", "small.h5"], in: folder)
      let inspect = try Tool.run(["inspect", "small.h5"], in: folder).output.split(separator: "\n")
      #expect(inspect.contains { $0.hasPrefix("note on pool_end, below_tolerance: \(text)") }, "\(inspect)")
      #expect(inspect.count { $0.hasPrefix("note") } == 1)
      // Without the key, the tolerance follows the state.
      try folder.write(
        job.replacing(", absolute_tolerance: {default: 1e-9, alone: 1e-12}", with: ""),
        to: "job.yaml")
      let other = try Tool.run(["run", "job.yaml", "--results", "others"], in: folder)
      #expect(other.status == 0 && !other.errors.contains("note:"), "\(other.errors)")
    }

    @Test func theyAreTheSameWhateverComputedTheMembers() throws {
      let alone = try Scratch(job: Self.job)
      try Tool.run(["run", "job.yaml", "--threads", "1"], in: alone)
      let expected = try merged(alone).file
      let ranks = try Scratch(job: Self.job)
      try Tool.run(["run", "job.yaml"], ranks: 2, in: ranks)
      #expect(try merged(ranks).file == expected)
      // A run that was killed before it noted anything.
      try FileManager.default.removeItem(atPath: ranks("results/notes/notes.json"))
      #expect(try merged(ranks).errors.contains("note: no run has come to its end since"))
      try Tool.run(["run", "job.yaml", "--quiet"], in: ranks)
      #expect(try merged(ranks).file == expected)
    }

    @Test func anExtensionNotesAllMembersAnew() throws {
      func random(_ count: Int) -> String {
        Self.job.replacing("{from: 0, to: 2, count: 64}", with: "{uniform: [0, 2]}")
          + "\ndesign: {method: random, count: \(count), seed: 4}\n"
      }
      let folder = try Scratch(job: random(24))
      let first = try Tool.run(["run", "job.yaml"], in: folder)
      try folder.write(random(48), to: "job.yaml")
      let second = try Tool.run(["run", "job.yaml", "--extend"], in: folder)
      #expect(first.status == 0 && second.status == 0, "\(first.errors)\(second.errors)")
      let counts = try [first, second].map {
        try #require(Int($0.errors.firstMatch(of: /'room' is not a number in (\d+) members/)?.1 ?? ""), "\($0.errors)")
      }
      #expect(counts[1] > counts[0])
      _ = try merged(folder)
      let inspect = try Tool.run(["inspect", "notes.h5"], in: folder).output
      #expect(inspect.contains("note on room: 'room' is not a number in \(counts[1]) members, but"), "\(inspect)")
    }
  }
}
