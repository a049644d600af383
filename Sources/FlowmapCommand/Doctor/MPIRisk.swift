/// What is known to go wrong with components of Open MPI 4.1.
enum MPIRisk {
  /// - Parameter chosen: by kind, what Open MPI may choose from: names, or after `^` those that it may not take.
  static func findings(_ chosen: [String: String], hasInfiniBand: Bool) -> [Finding] {
    func excludes(_ kind: String, _ name: String) -> Bool {
      let list = chosen[kind] ?? ""
      let names = list.drop { $0 == "^" }.split(separator: ",")
      return list.hasPrefix("^") ? names.contains(Substring(name)) : !names.isEmpty && !names.contains(Substring(name))
    }
    var findings: [Finding] = []
    if !excludes("fcoll", "vulcan") {
      findings.append(
        .fault(
          "MPI components", "fcoll may be vulcan, which can corrupt parallel HDF5 files (open-mpi/ompi#12718)",
          cure: "unset OMPI_MCA_fcoll, and what mca-params.conf says of fcoll; or set it to ^vulcan"))
    }
    if excludes("io", "ompio") {
      findings.append(
        .note(
          "MPI components",
          "io excludes ompio, and ROMIO of Open MPI 4 is known to crash with HDF5 (open-mpi/ompi#7795)",
          cure: "unset OMPI_MCA_io, or use --shards rank"))
    }
    if hasInfiniBand, excludes("pml", "ucx"), excludes("btl", "openib") {
      findings.append(
        .note(
          "MPI components", "there is InfiniBand, but messages go over TCP, as Debian's settings want it",
          cure: "OMPI_MCA_pml=ucx uses it; runs send few and small messages, so there is little to gain"))
    }
    return findings
  }
}
