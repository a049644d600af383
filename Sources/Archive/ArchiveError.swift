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
  /// The folder holds the results of a job that has changed since; `changes` has a line for each difference.
  case changedJob(folder: String, changes: [String])
  /// The folder is of a version that knew models in Swift in another way, so that it is not known whether this is the model.
  case modelNotComparable(folder: String)
  /// The folder's job cannot grow into the job at hand.
  case notExtendable(folder: String, reason: String)
  /// A stored member would have another point in the job at hand.
  case movedMember(folder: String, member: Int, name: String, stored: Double, planned: Double)
  /// Another run is at work in the folder, or was and its machine cannot be asked. `holder` is nil where the lock is
  /// unreadable or too young.
  case locked(path: String, holder: FolderLock.Holder?)
  /// The shard holds another job's results.
  case otherJob(shard: String, found: JobIdentity, expected: JobIdentity)
  /// The folder holds results of this job in another layout, so another version of Flowmap wrote them.
  case otherLayout(folder: String)
  /// The folder has no readable list of contents, so it holds no results of Flowmap.
  case notResults(folder: String, reason: String)
  /// The file is not a shard of Flowmap's, or of a version that is not known here.
  case notShard(path: String, reason: String)
  /// Members that no shard has undamaged, in runs of neighbours. `damage` says what was found wrong on the way.
  case missingMembers(folder: String, members: [Range<Int>], chunks: Int, damage: [String])
  /// A merged file whose data are not what was written.
  case damagedFile(path: String, reason: String)
  /// The merged file would replace a part of the results that it is made from.
  case outputIsInput(path: String)
}
