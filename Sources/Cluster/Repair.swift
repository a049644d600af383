import Foundation

/// A setting of the MPI library that Flowmap changed because the default is known to fail.
///
/// A value that the user or the site gave, in the environment or in a file `mca-params.conf`, is never changed.
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
  static func needed(environment: [String: String], parameters: String, inContainer: Bool) -> [Repair] {
    var repairs = [
      // Wrong data from parallel HDF5 with vulcan in Open MPI 4.1.4: open-mpi/ompi#12718; hangs: #7414.
      Repair(
        variable: "OMPI_MCA_fcoll", value: "^vulcan",
        reason: "Open MPI's collective file component 'vulcan' can corrupt parallel HDF5 files (open-mpi/ompi#12718)")
    ]
    if inContainer {
      repairs.append(
        Repair(
          variable: "OMPI_MCA_btl_vader_single_copy_mechanism", value: "none",
          reason: "containers forbid the single-copy calls of Open MPI's shared memory (open-mpi/ompi#4948)"))
    }
    let chosen = Set(
      parameters.split(separator: "\n").compactMap { line -> String? in
        let name = line.prefix { $0 != "=" && $0 != "#" }.trimmingCharacters(in: .whitespaces)
        return line.contains("=") && !name.isEmpty ? "OMPI_MCA_" + name : nil
      })
    return repairs.filter { environment[$0.variable] == nil && !chosen.contains($0.variable) }
  }

  /// Makes the needed repairs in this process's environment. MPI reads it in `MPI_Init_thread`.
  static func makeAll(environment: [String: String]) -> [Repair] {
    // The user's file, and the site's where Debian and where a build of one's own has it.
    var files = [(environment["HOME"] ?? "") + "/.openmpi/mca-params.conf", "/etc/openmpi/openmpi-mca-params.conf"]
    if let library = LoadedLibraries.file(of: "MPI_Init") {
      let prefix = URL(fileURLWithPath: library).deletingLastPathComponent().deletingLastPathComponent()
      files.append(prefix.appendingPathComponent("etc/openmpi-mca-params.conf").path)
    }
    let parameters = files.map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }.joined(separator: "\n")
    let repairs = needed(environment: environment, parameters: parameters, inContainer: inContainer(environment))
    for repair in repairs { setenv(repair.variable, repair.value, 0) }
    return repairs
  }

  private static func inContainer(_ environment: [String: String]) -> Bool {
    ["/.dockerenv", "/run/.containerenv", "/.singularity.d"].contains { FileManager.default.fileExists(atPath: $0) }
      || ["APPTAINER_CONTAINER", "SINGULARITY_CONTAINER", "container"].contains { environment[$0] != nil }
  }
}
