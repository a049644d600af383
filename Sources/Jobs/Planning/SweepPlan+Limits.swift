import Archive
import Cluster
import Foundation

/// What a machine must have for a plan, asked before anything is written.
extension SweepPlan {
  /// Checks that the results fit on the disk.
  ///
  /// Free bytes are those that the file system tells of, so a quota is met later, when it is used up.
  ///
  /// - Parameters:
  ///   - folder: where the results are to lie; it need not be there yet.
  ///   - members: how many are to be written; all of them if nil.
  /// - Throws: `DesignProblem` that says how large the results are, `ArchiveError.file` if no file may be so large.
  public func checkRoom(in folder: String, for members: Int? = nil) throws {
    let (all, missing) = (layout.memberCount, members ?? layout.memberCount)
    let bytes = layout.memberBytes * missing
    if let free = DiskRoom.free(at: folder), bytes > free {
      let part = missing == all ? "" : " \(missing) of them missing,"
      throw problem(
        at: document.designs.first?.location, key: "design",
        "makes \(all) members of \(layout.memberBytes) bytes each,\(part) \(Self.size(Double(bytes))) of results, but \(folder) has room "
          + "for \(Self.size(Double(free))); nothing was written. Vary or save less, or choose another folder with --results"
      )
    }
    if missing > 0 { try DiskRoom.checkFile(of: layout.memberBytes * all, in: folder) }
  }

  /// The same for what is missing of results that are there. Collective over all ranks; rank 0 looks.
  func checkRoom(in folder: String, beside census: Census, on communicator: Communicator) throws {
    try communicator.together {
      if communicator.rank == 0 { try checkRoom(in: folder, for: layout.memberCount - census.members) }
    }
  }

  /// Checks that threads can hold the chunks that they work on.
  ///
  /// - Parameters:
  ///   - threads: of one rank.
  ///   - available: bytes that the rank may use.
  /// - Throws: `DesignProblem` that names the key to change.
  public func checkMemory(threads: Int, available: Int) throws {
    // Two sets of buffers a worker: one is filled while the other is written.
    let needed = 2 * Double(chunkBytes) * Double(threads)
    guard needed > Double(available) else { return }
    let words =
      "needs \(Self.size(needed)) of memory for \(threads == 1 ? "a thread" : "\(threads) threads"), "
      + "but a rank may use \(Self.size(Double(available))) here"
    if let chunk = document.chunk, layout.chunkSize > 1 {
      throw problem(at: chunk.location, key: "chunk", "\(words). Choose fewer members a chunk, or fewer threads")
    }
    throw problem(
      at: document.solve.method.location, key: "solve.save",
      "\(words). Save fewer times or states, or use fewer threads")
  }

  private func problem(at location: Location?, key: String, _ reason: String) -> DesignProblem {
    DesignProblem(path: document.path, line: location?.line ?? 1, key: key, reason: reason)
  }

  /// Bytes as people say them, in powers of 1000.
  private static func size(_ bytes: Double) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    let place = bytes < 1000 ? 0 : min(Int(log10(bytes) / 3), units.count - 1)
    return String(format: "%.4g ", bytes / pow(1000, Double(place))) + units[place]
  }
}
