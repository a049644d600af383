import Foundation

/// A setting of the MPI library that Flowmap changed because the default is known to fail, or to waste time.
///
/// A value that the user or the site gave, in the environment or in a file `mca-params.conf`, is never changed; only where
/// components are merely excluded, one of the others may be chosen.
public struct Repair: Equatable, Sendable {
  /// Name of the environment variable, for example `OMPI_MCA_fcoll`.
  public let variable: String
  /// The value it was given.
  public let value: String
  /// Why, in words for the run's log.
  public let reason: String
}

extension Repair {
  /// The repairs this machine needs, given what the user and the site have set.
  ///
  /// - Parameters:
  ///   - parameters: the texts of the files `mca-params.conf`; what the first sets counts before what later ones set.
  ///   - isOnOneNode: whether all ranks are.
  static func needed(
    environment: [String: String], parameters: [String], inContainer: Bool = false, isOnOneNode: Bool = false
  ) -> [Repair] {
    // Wrong data from parallel HDF5 with vulcan in Open MPI 4.1.4: open-mpi/ompi#12718; hangs: #7414.
    let files = Repair(
      variable: "OMPI_MCA_fcoll", value: "^vulcan",
      reason: "Open MPI's collective file component 'vulcan' can corrupt parallel HDF5 files (open-mpi/ompi#12718)")
    let memory = Repair(
      variable: "OMPI_MCA_btl_vader_single_copy_mechanism", value: "none",
      reason: "containers forbid the single-copy calls of Open MPI's shared memory (open-mpi/ompi#4948)")
    // The other carriers look for networks of many kinds first: 0.2 of the 0.4 s that MPI takes to start.
    let carrier = Repair(
      variable: "OMPI_MCA_pml", value: "ob1", reason: "all ranks are on one node, so no network need be looked for")
    let given = parameters.reduce(into: [:]) { given, file in given.merge(values(file)) { first, _ in first } }
    return [files, inContainer ? memory : nil, isOnOneNode ? carrier : nil].compactMap { $0 }.filter { repair in
      guard environment[repair.variable] == nil else { return false }
      return given[repair.variable].map { repair.narrows($0) } ?? true
    }
  }

  /// Whether a list excludes components, but not the one that this chooses.
  private func narrows(_ list: String) -> Bool {
    guard list.hasPrefix("^"), !value.hasPrefix("^") else { return false }
    return !list.dropFirst().split(separator: ",").contains { $0 == value }
  }

  /// What a file `mca-params.conf` sets, by the variables that would override it.
  private static func values(_ parameters: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in parameters.split(separator: "\n") {
      let parts = line.prefix { $0 != "#" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let words = parts.map { $0.trimmingCharacters(in: .whitespaces) }
      if words.count == 2, !words[0].isEmpty { values["OMPI_MCA_" + words[0]] = words[1] }
    }
    return values
  }

  /// Makes the needed repairs in this process's environment. MPI reads it in `MPI_Init_thread`.
  static func makeAll(environment: [String: String]) -> [Repair] {
    // The user's file, and the site's where Debian and where a build of one's own has it.
    var files = [(environment["HOME"] ?? "") + "/.openmpi/mca-params.conf", "/etc/openmpi/openmpi-mca-params.conf"]
    if let library = LoadedLibraries.file(of: "MPI_Init") {
      let prefix = URL(fileURLWithPath: library).deletingLastPathComponent().deletingLastPathComponent()
      files.append(prefix.appendingPathComponent("etc/openmpi-mca-params.conf").path)
    }
    let parameters = files.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
    let repairs = needed(
      environment: environment, parameters: parameters, inContainer: inContainer(environment),
      isOnOneNode: Launch.isOnOneNode(environment))
    for repair in repairs { setenv(repair.variable, repair.value, 0) }
    return repairs
  }

  private static func inContainer(_ environment: [String: String]) -> Bool {
    ["/.dockerenv", "/run/.containerenv", "/.singularity.d"].contains { FileManager.default.fileExists(atPath: $0) }
      || ["APPTAINER_CONTAINER", "SINGULARITY_CONTAINER", "container"].contains { environment[$0] != nil }
  }
}
