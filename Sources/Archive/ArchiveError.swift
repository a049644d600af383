/// What can go wrong with files of results.
public enum ArchiveError: Error, Equatable, Sendable {
  /// An HDF5 function failed on `argument`; `text` is the library's own explanation, from outside in.
  case hdf5(function: String, argument: String, text: String)
  /// The disk, or the user's quota on it, is full. What was committed before stays valid.
  case diskFull(path: String, text: String)
  /// The system refused to do something with a file or folder.
  case file(action: String, path: String, reason: String)
  /// A layout that no file can have; `reason` names the offending part.
  case invalidLayout(reason: String)
  /// The folder holds another job's results.
  case otherJob(folder: String, found: JobIdentity, expected: JobIdentity)
  /// The folder holds results of this job in another layout, so another version of Flowmap wrote them.
  case otherLayout(folder: String)
  /// The folder has no readable list of contents, so it holds no results of Flowmap.
  case notResults(folder: String, reason: String)
  /// The file is not a shard of Flowmap's, or of a version that is not known here.
  case notShard(path: String, reason: String)
  /// Chunks of which no shard has a committed slot. `unreadable` names shards that could not be opened, and why.
  case missingChunks(folder: String, chunks: [Range<Int>], members: Int, unreadable: [String])
  /// Committed chunks whose bytes do not match their checksums, each with the shard that holds it.
  case damagedChunks([DamagedChunk])
  /// The merged file would replace a part of the results that it is made from.
  case outputIsInput(path: String)

  /// A chunk whose data changed after it was written.
  public struct DamagedChunk: Equatable, Sendable {
    public let chunk: Int
    public let shard: String

    public init(chunk: Int, shard: String) { (self.chunk, self.shard) = (chunk, shard) }
  }
}
