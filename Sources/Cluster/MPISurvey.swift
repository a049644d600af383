import CMPI
import Foundation

/// The MPI library as it was when the tool was built and as it is now, for finding out what is wrong with an installation.
public struct MPISurvey: Sendable {
  /// The version of the header that the tool was built with, for example `4.1.4`.
  public let built: String
  /// The library's own first words, for example `Open MPI v4.1.4`.
  public let library: String
  /// The file that the library was loaded from.
  public let path: String
  /// Which components Open MPI may choose from, by kind: `pml` carries messages, `btl` moves their bytes, `osc` is for
  /// shared windows, `fcoll` and `io` for files. An empty value leaves the choice to Open MPI.
  public let choices: [(kind: String, value: String)]
  /// The component that carries messages, if MPI has been started and says so.
  public let carrier: String?
  /// What was set, or would be set in a run of several ranks.
  public let repairs: [Repair]

  /// - Throws: `ClusterError.mpi` if the library cannot be asked.
  /// - Precondition: no thread but the communicating one calls MPI meanwhile.
  public init(_ communicator: Communicator) throws {
    built = "\(OMPI_MAJOR_VERSION).\(OMPI_MINOR_VERSION).\(OMPI_RELEASE_VERSION)"
    var text = [CChar](repeating: 0, count: Int(MPI_MAX_LIBRARY_VERSION_STRING))
    var length: Int32 = 0
    try MPI.check("MPI_Get_library_version") { MPI_Get_library_version(&text, &length) }
    library = String(
      decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }.prefix { $0 != 44 }, as: UTF8.self)
    path = LoadedLibraries.file(of: "MPI_Init") ?? "unknown"
    // Alone, MPI was not started, and nothing was set yet.
    repairs =
      communicator.world == nil
      ? Repair.makeAll(environment: ProcessInfo.processInfo.environment) : communicator.repairs
    var provided: Int32 = 0
    try MPI.check("MPI_T_init_thread") { MPI_T_init_thread(Int32(MPI_THREAD_SERIALIZED), &provided) }
    defer { MPI_T_finalize() }
    choices = try ["pml", "btl", "osc", "fcoll", "io"].map { ($0, try Self.text(ofVariable: $0)) }
    carrier = communicator.world == nil ? nil : Self.selectedCarrier()
  }

  /// Whether the library at hand is of the same series as the header: those of a series can stand for each other.
  public var isOfBuiltSeries: Bool {
    library.contains("v" + built.split(separator: ".").prefix(2).joined(separator: ".") + ".")
  }

  private static func text(ofVariable name: String) throws -> String {
    var (index, count): (Int32, Int32) = (0, 0)
    guard MPI_T_cvar_get_index(name, &index) == MPI_SUCCESS else { return "unknown" }
    var handle: MPI_T_cvar_handle?
    try MPI.check("MPI_T_cvar_handle_alloc") { MPI_T_cvar_handle_alloc(index, nil, &handle, &count) }
    defer { MPI_T_cvar_handle_free(&handle) }
    var text = [CChar](repeating: 0, count: Int(count) + 1)
    try MPI.check("MPI_T_cvar_read") { MPI_T_cvar_read(handle, &text) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The name that Open MPI 4's description of its chosen `pml` holds: after three numbers, the project's name (16 bytes) and
  /// three numbers come the kind (32 bytes), three numbers, and the name (64 bytes) (`opal/mca/mca.h`). Nil where the kind
  /// is not found in its place, so another arrangement gives no wrong answer.
  private static func selectedCarrier() -> String? {
    guard let component = dlsym(nil, "mca_pml_base_selected_component") else { return nil }
    func text(_ offset: Int, _ limit: Int) -> String {
      let bytes = UnsafeRawBufferPointer(start: component + offset, count: limit).prefix { $0 != 0 }
      return String(decoding: bytes, as: UTF8.self)
    }
    let kind = 6 * MemoryLayout<Int32>.size + 16
    guard text(kind, 32) == "pml" else { return nil }
    return text(kind + 32 + 3 * MemoryLayout<Int32>.size, 64)
  }
}
