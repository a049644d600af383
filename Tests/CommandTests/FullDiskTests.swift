import Foundation
import Testing

extension CommandTests {
  /// Disks and quotas that become full, or were so from the start.
  @Suite struct FullDiskTests {
    /// Only root may mount, and not in every container; the test of quotas does much the same.
    private static let canMount: Bool = {
      let trial = "mkdir a && mount -t tmpfs -o size=16k tmpfs a && umount a"
      return (try? Tool.shell(trial, in: Scratch()).status) == 0
    }()

    @Test(.enabled(if: canMount, "SKIPPED: this user may not mount a small disk"), arguments: ["node", "rank"])
    func aFullDiskEndsTheRunAndCommittedMembersStay(shards: String) throws {
      // A few seconds of work, and 20 MB.
      let folder = try Scratch(
        job: JobText.wide(members: 500_000).replacing("method: euler, step: 0.25", with: "method: rk4, step: 2e-4"))
      try mount(folder, "24m")
      defer { _ = try? Tool.shell("umount results", in: folder) }
      for ranks in [nil, 2] {
        let name = "results/\(ranks ?? 0)"
        // There is room when the run begins; then somebody else takes what is left but for 2 MB.
        let filling = try Tool.start(
          [
            "bash", "-c",
            """
            until [ -e \(name)/shard-0001-\(shards)0000.h5 ]; do sleep 0.01; done
            head -c $(($(stat -f -c '%a*%S' results) - 2000000)) /dev/zero > results/filling
            """,
          ], in: folder.path)
        let outcome = try Tool.run(
          ["run", "job.yaml", "--shards", shards, "--results", name], ranks: ranks, in: folder)
        #expect(filling.outcome().status == 0)
        #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.messages.count == 1 && outcome.errors.contains("no space is left"), "\(outcome.errors)")
        try checkShards(of: folder, in: name)
        _ = try Tool.shell("rm -r results/filling \(name)", in: folder)
      }
    }

    /// Where not even the shard itself fits, HDF5 is left with a file that it cannot close.
    @Test(
      .enabled(if: canMount, "SKIPPED: this user may not mount a small disk"), arguments: [nil, 2], [16, 20, 24])
    func aDiskThatIsFullFromTheStartIsToldInOneMessage(ranks: Int?, kilobytes: Int) throws {
      let folder = try Scratch(job: JobText.decay)
      try mount(folder, "\(kilobytes)k")
      defer { _ = try? Tool.shell("umount results", in: folder) }
      let outcome = try Tool.run(["run", "job.yaml"], ranks: ranks, in: folder)
      #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
      #expect(outcome.messages.count == 1 && outcome.errors.contains("no space is left"), "\(outcome.errors)")
      #expect(!outcome.errors.contains("crashed"), "\(outcome.errors)")
      #expect(!folder.exists("results/decay/shard-0001-node0000.h5.part"))
    }

    /// A quota cannot be set up in most places where tests run, so the C library's calls are stood in for.
    @Test(arguments: [nil, 2], ["node", "rank"])
    func aQuotaThatIsUsedUpEndsTheRunAndCommittedMembersStay(ranks: Int?, shards: String) throws {
      let folder = try Scratch(job: JobText.wide(members: 400_000))
      try prepareQuota(folder)
      for (bytes, isBegun) in [(3_000_000, true), (5000, false)] {
        let outcome = try run("run job.yaml --results r --shards \(shards)", ranks, quota: bytes, "/shard-", in: folder)
        #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.messages.count == 1 && outcome.errors.contains("no space is left"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("crashed"), "\(outcome.errors)")
        #expect(outcome.errors.contains("Disk quota exceeded"), "\(outcome.errors)")
        if isBegun { try checkShards(of: folder, in: "r") }
        try FileManager.default.removeItem(atPath: folder("r"))
      }
    }

    @Test(arguments: [nil, 2]) func aQuotaThatIsUsedUpEndsAMergeWithoutItsFile(ranks: Int?) throws {
      let folder = try Scratch(job: JobText.wide(members: 400_000))
      try prepareQuota(folder)
      try #require(Tool.run(["run", "job.yaml", "--results", "r"], in: folder).status == 0)
      for bytes in [3_000_000, 5000] {
        let outcome = try run("merge r -o merged.h5", ranks, quota: bytes, "/merged.h5", in: folder)
        #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.messages.count == 1 && outcome.errors.contains("no space is left"), "\(outcome.errors)")
        #expect(!folder.exists("merged.h5") && !folder.exists("merged.h5.part"))
      }
      #expect(try Tool.run(["merge", "r", "-o", "merged.h5"], in: folder).status == 0)
    }

    private func prepareQuota(_ folder: Scratch) throws {
      try folder.write(Self.quota, to: "quota.c")
      let compiling = try Tool.shell("cc -shared -fPIC -O1 -o quota.so quota.c -ldl", in: folder)
      try #require(compiling.status == 0, "\(compiling.errors)")
    }

    /// Runs the tool with a quota of so many bytes a process for files whose paths contain `name`.
    private func run(_ words: String, _ ranks: Int?, quota: Int, _ name: String, in folder: Scratch) throws
      -> Tool.Outcome
    {
      let preload = ranks == nil ? "export LD_PRELOAD=$PWD/quota.so; exec" : ""
      let launcher = ranks.map { "mpirun --oversubscribe -n \($0) -x LD_PRELOAD=$PWD/quota.so" } ?? ""
      return try Tool.shell(
        "\(preload) \(launcher) \"$flowmap\" \(words)", in: folder,
        environment: ["QUOTA": "\(quota)", "QUOTA_FOR": name])
    }

    /// Lets a process write so many bytes to some files, then refuses as a quota does.
    private static let quota = """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <errno.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/uio.h>
      #include <unistd.h>
      static int refused(int file, size_t bytes) {
        static long written;
        char link[40], name[4096];
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        ssize_t length = readlink(link, name, sizeof name - 1);
        if (length < 0) return 0;
        name[length] = 0;
        if (!strstr(name, getenv("QUOTA_FOR"))) return 0;
        if (written + (long)bytes > atol(getenv("QUOTA"))) { errno = EDQUOT; return 1; }
        written += (long)bytes;
        return 0;
      }
      static size_t sum(const struct iovec *pieces, int count) {
        size_t bytes = 0;
        for (int i = 0; i < count; i++) bytes += pieces[i].iov_len;
        return bytes;
      }
      #define NEXT(name) static __typeof__(name) *next; if (!next) next = dlsym(RTLD_NEXT, #name)
      ssize_t write(int file, const void *data, size_t bytes) {
        NEXT(write);
        return refused(file, bytes) ? -1 : next(file, data, bytes);
      }
      ssize_t pwrite(int file, const void *data, size_t bytes, off_t place) {
        NEXT(pwrite);
        return refused(file, bytes) ? -1 : next(file, data, bytes, place);
      }
      ssize_t pwrite64(int file, const void *data, size_t bytes, off64_t place) {
        NEXT(pwrite64);
        return refused(file, bytes) ? -1 : next(file, data, bytes, place);
      }
      ssize_t writev(int file, const struct iovec *pieces, int count) {
        NEXT(writev);
        return refused(file, sum(pieces, count)) ? -1 : next(file, pieces, count);
      }
      ssize_t pwritev(int file, const struct iovec *pieces, int count, off_t place) {
        NEXT(pwritev);
        return refused(file, sum(pieces, count)) ? -1 : next(file, pieces, count, place);
      }
      """

    private func mount(_ folder: Scratch, _ size: String) throws {
      let mount = try Tool.shell("mkdir results && mount -t tmpfs -o size=\(size) tmpfs results", in: folder)
      try #require(mount.status == 0, "\(mount.errors)")
    }

    /// Shards open, what is committed is undamaged, and a merge says what is missing.
    private func checkShards(of folder: Scratch, in results: String) throws {
      let shards = try FileManager.default.contentsOfDirectory(atPath: folder(results)).filter { $0.hasSuffix(".h5") }
      #expect(!shards.isEmpty)
      for shard in shards {
        let inspect = try Tool.run(["inspect", "\(results)/\(shard)"], in: folder)
        #expect(inspect.status == 0, "\(inspect.errors)")
        #expect(inspect.output.contains("a shard of 'wide' with "))
        #expect(!inspect.output.contains("do not match their checksums"), "\(inspect.output)")
      }
      let merge = try Tool.run(["merge", results, "-o", "a.h5"], in: folder)
      #expect(merge.status == 2)
      #expect(merge.errors.contains("is not complete") && !folder.exists("a.h5"), "\(merge.errors)")
    }
  }
}
