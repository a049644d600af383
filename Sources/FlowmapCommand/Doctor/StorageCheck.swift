import Archive
import Cluster
import Foundation

/// Writes results where they are to lie, as a run of these ranks would, and reads them back.
struct StorageCheck {
  let folder: String

  /// What is found, which is of use at rank 0, and what MPI has chosen on this rank's node. Collective over all ranks.
  func findings(_ communicator: Communicator) throws -> ([Finding], SelectedComponents) {
    do {
      let trial = try StorageTrial(in: folder, mode: .node, on: communicator)
      var findings = [Finding.ok("results", "\(place): \(words(trial, communicator))")]
      if ["tmpfs", "ramfs"].contains(fileSystem) {
        findings.append(.note("results", "\(place) is in memory, so results are gone when the machine restarts"))
      }
      return (findings, trial.components)
    } catch ClusterError.mpi(let function, let text) {
      // The ranks can agree on nothing any more.
      throw ClusterError.mpi(function: function, text: text)
    } catch {
      // Every rank comes here, since a trial agrees on its errors.
      let other = Result { try StorageTrial(in: folder, mode: .rank, on: communicator) }
      let works = communicator.size > 1 && (try? other.get()) != nil
      let cure =
        works
        ? "one file a rank works here: run with --shards rank"
        : "name another folder with --results, or put right what the message says"
      return ([.fault("results", "\(error)", cure: cure)], try SelectedComponents(fileIn: nil, on: communicator))
    }
  }

  private func words(_ trial: StorageTrial, _ communicator: Communicator) -> String {
    let way = communicator.node.size > 1 ? "through MPI-IO by \(communicator.size) ranks" : "without MPI-IO"
    return
      "\(Terminal.bytes(trial.bytes)) written \(way), read back and compared in \(Terminal.duration(trial.seconds))"
  }

  private var place: String {
    var information = statvfs()
    let isKnown = statvfs(existing, &information) == 0
    let free = isKnown ? ", \(Terminal.bytes(Int(information.f_bavail) * Int(information.f_frsize))) free" : ""
    return "\(folder) (\(fileSystem)\(free))"
  }

  /// The folder, or the nearest one above it that is there.
  private var existing: String {
    var url = URL(fileURLWithPath: folder)
    while !FileManager.default.fileExists(atPath: url.path), url.path != "/" { url.deleteLastPathComponent() }
    return url.resolvingSymlinksInPath().path
  }

  /// The kind of the file system as Linux names it, for example `ext4`, `nfs4` or `lustre`.
  private var fileSystem: String {
    let mounts = KernelFile.contents("/proc/self/mounts")
    let path = existing
    var best: (length: Int, kind: String) = (-1, "an unknown file system")
    for fields in mounts.split(separator: "\n").map({ $0.split(separator: " ") }) where fields.count > 2 {
      let point = String(fields[1])
      let holds = point == "/" || path == point || path.hasPrefix(point + "/")
      // Of mounts at one place the last counts.
      if holds, point.count >= best.length { best = (point.count, String(fields[2])) }
    }
    return best.kind
  }
}
