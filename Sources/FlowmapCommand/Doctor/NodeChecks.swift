import Archive
import Cluster
import Foundation

/// What each node must have: libraries, a compiler, a folder for kernels.
struct NodeChecks {
  let communicator: Communicator
  /// What MPI has chosen on this node.
  let components: SelectedComponents

  init(_ communicator: Communicator, _ components: SelectedComponents) {
    (self.communicator, self.components) = (communicator, components)
  }

  var findings: [Finding] { mpi + hdf5 + loadedOnce + CompilerCheck.findings + CUDACheck.findings }

  private static let otherLibrary =
    "load the one that the tool was built with (module load, LD_LIBRARY_PATH), or build the tool with this one"

  private var mpi: [Finding] {
    let survey: MPISurvey
    do {
      survey = try MPISurvey(communicator)
    } catch {
      return [.fault("MPI", "\(error)", cure: "install Open MPI 4.1: apt install openmpi-bin libopenmpi3")]
    }
    let versions = "\(survey.library) in \(survey.path), built with \(survey.built)"
    let choices = survey.choices.map { "\($0.kind) \($0.value.isEmpty ? "any" : $0.value)" }.joined(separator: ", ")
    return [
      survey.isOfBuiltSeries ? .ok("MPI", versions) : .fault("MPI", versions, cure: Self.otherLibrary),
      .ok("MPI components", chosen(survey)), .ok("MPI components", "chosen from: " + choices),
    ] + survey.repairs.map { .ok("MPI components", "runs set \($0.variable)=\($0.value): \($0.reason)") }
      + MPIRisk.findings(
        Dictionary(uniqueKeysWithValues: survey.choices.map { ($0.kind, $0.value) }), hasInfiniBand: hasInfiniBand)
  }

  private func chosen(_ survey: MPISurvey) -> String {
    guard communicator.size > 1 else { return "none in use by a single rank" }
    func names(_ kind: String) -> String { "\(kind) " + (components.names[kind] ?? ["unknown"]).joined(separator: " ") }
    var words = "messages: pml \(survey.carrier ?? "unknown") over \(names("btl"))"
    // A single rank of a node shares neither memory nor files with another.
    if communicator.node.size > 1 {
      // ROMIO has no components of its own.
      let isOMPIO = components.names["io"] != ["romio321"]
      let files = isOMPIO ? ["io", "fcoll", "fs", "fbtl"] : ["io"]
      words += "; shared memory: \(names("osc")); files: " + files.map(names).joined(separator: ", ")
    }
    return words
  }

  private var hasInfiniBand: Bool {
    !((try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/infiniband")) ?? []).isEmpty
  }

  private var hdf5: [Finding] {
    let survey: HDF5Survey
    do {
      survey = try HDF5Survey()
    } catch {
      return [.fault("HDF5", "\(error)", cure: "apt install libhdf5-openmpi-103-1, or its like")]
    }
    let versions = "\(survey.library) in \(survey.path), built with \(survey.built)"
    guard survey.isBuilt else { return [.fault("HDF5", versions, cure: Self.otherLibrary)] }
    guard survey.isParallel else {
      return [.fault("HDF5", versions + ", without MPI-IO", cure: "apt install libhdf5-openmpi-103-1, or its like")]
    }
    let locking = ProcessInfo.processInfo.environment["HDF5_USE_FILE_LOCKING"]
    guard let locking, !["FALSE", "0", "BEST_EFFORT"].contains(locking) else { return [.ok("HDF5", versions)] }
    return [
      .ok("HDF5", versions),
      .note(
        "HDF5", "HDF5_USE_FILE_LOCKING=\(locking) locks files, which network file systems may refuse",
        cure: "unset it: runs have a lock of their own"),
    ]
  }

  /// Two libraries of one kind in a process crash sooner or later.
  private var loadedOnce: [Finding] {
    ["libmpi.so", "libhdf5.so", "libhdf5_openmpi.so"].compactMap { name in
      let files = LoadedLibraries.files(named: name)
      guard files.count > 1 else { return nil }
      return .fault(
        "libraries", "loaded twice: \(files.joined(separator: " and "))",
        cure: "unload one of them: look at LD_LIBRARY_PATH, LD_PRELOAD and loaded modules")
    }
  }
}
