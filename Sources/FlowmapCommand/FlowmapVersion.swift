/// The version of the tool, recorded in every file it writes.
public enum FlowmapVersion {
  public static let text = "0.1.0"
}
