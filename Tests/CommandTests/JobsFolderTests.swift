import Foundation
import Testing

extension CommandTests {
  /// Every job of jobs/ runs as it stands, so that a new one is covered by being there.
  @Suite struct JobsFolderTests {
    static let jobs: [String] = {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: Tool.project + "/jobs")) ?? []
      return names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") || $0.hasSuffix(".json") }.sorted()
    }()

    @Test func thereAreJobs() { #expect(Self.jobs.contains("lorenz.yaml")) }

    @Test(arguments: jobs) func everyJobRunsAndMerges(name: String) throws {
      let folder = try Scratch()
      try FileManager.default.copyItem(atPath: Tool.project + "/jobs", toPath: folder("jobs"))
      let plan = try Tool.run(["plan", "jobs/\(name)"], in: folder)
      #expect(plan.status == 0, "\(plan.errors)")
      let run = try Tool.run(["run", "jobs/\(name)", "--results", "out"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let merge = try Tool.run(["merge", "out", "-o", "out.h5"], in: folder)
      #expect(merge.status == 0, "\(merge.errors)")
      let inspect = try Tool.run(["inspect", "out.h5"], in: folder)
      #expect(inspect.output.contains("status: success"), "\(inspect.output)\(inspect.errors)")
    }
  }
}
