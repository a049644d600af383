import Testing

extension CommandTests {
  @Suite struct MemoryTests {
    /// Memory is a matter of chunks and threads, not of members; 10⁷ members are measured by hand.
    @Test func memoryDoesNotGrowWithTheMembers() throws {
      let peaks = try [200_000, 2_000_000].map { members in
        let folder = try Scratch(job: JobText.wide(members: members))
        let run = try Tool.run(["run", "job.yaml"], in: folder)
        #expect(run.output.contains("every member succeeded"), "\(run.errors)")
        let merge = try Tool.run(["merge", "results/wide", "-o", "a.h5"], in: folder)
        #expect(merge.status == 0, "\(merge.errors)")
        return max(run.peakMemory, merge.peakMemory)
      }
      #expect(peaks[1] < 300 << 20, "\(peaks) bytes")
      #expect(peaks[1] < peaks[0] + 64 << 20, "\(peaks) bytes")
    }
  }
}
