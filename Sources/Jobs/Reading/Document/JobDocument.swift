import Execution

/// A job as its file describes it, typed and checked: the model, how to solve it, what to vary and what to keep.
///
/// A document that exists is consistent: names resolve, lets have no cycle, ranges are not empty, and so on. Only what
/// needs more than the file's own text is left: names of a model registered from Swift
/// (``checked(against:)``) and the contents of table files (``points(of:)``).
public struct JobDocument: Sendable {
  /// The file as it was named by the user; messages begin with it.
  public let path: String
  /// The whole text of the file, to be recorded with the results.
  public let text: String
  /// The text as it was parsed, for what the results depend on.
  let root: TextNode
  public let version: Int
  public let name: Located<String>
  public let description: String?
  public let model: ModelDescription
  /// The names of the model; `nil` for a registered model until ``checked(against:)``.
  public let names: ModelNames?
  public let solve: SolveDescription
  /// What varies between members, in the order of the file.
  public let vary: [Variation]
  /// The designs whose union is the ensemble; a single grid if the file has no `design`.
  public let designs: [DesignDescription]
  public let outputs: [OutputDescription]
  /// The derivatives to keep, if any.
  public let gradient: GradientDescription?
  public let precision: Precision
  /// Members in a chunk, if the user chose.
  public let chunk: Located<Int>?
  /// The folder for results, as written: relative to the folder in which the command runs.
  public let results: String
  public let backend: Backend
}

/// Which executor a job asks for; the command line may say otherwise.
public enum Backend: String, Sendable, CaseIterable {
  /// The fastest that every rank can use.
  case auto
  /// Machine code for this processor, through its C compiler.
  case cpu
  /// The library's own loops; needs nothing else.
  case batched
}
