import CHDF5
import Cluster
import Foundation

/// The HDF5 library as it was when the tool was built and as it is now, for finding out what is wrong with an installation.
public struct HDF5Survey: Sendable {
  /// The version of the header that the tool was built with, for example `1.10.8`.
  public let built: String
  /// The version that the library says.
  public let library: String
  /// The file that the library was loaded from.
  public let path: String
  /// Whether the library can write through MPI-IO.
  public let isParallel: Bool

  /// - Throws: `ArchiveError.hdf5` if the library cannot be asked.
  public init() throws {
    built = "\(H5_VERS_MAJOR).\(H5_VERS_MINOR).\(H5_VERS_RELEASE)"
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    try HDF5.check("H5get_libversion", "the library") { H5get_libversion(&major, &minor, &release) }
    library = "\(major).\(minor).\(release)"
    isParallel = dlsym(nil, "H5Pset_fapl_mpio") != nil
    path = LoadedLibraries.file(of: "H5get_libversion") ?? "unknown"
  }

  /// HDF5 itself ends a program whose header is of another version.
  public var isBuilt: Bool { built == library }
}
