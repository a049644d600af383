import CHDF5

/// HDF5, as far as it has to come before MPI.
///
/// HDF5 that is opened while MPI runs has `MPI_Finalize` close what is still open, together with the other ranks. After a disk
/// or a quota became full that crashes, or leaves ranks waiting for each other. So `Communicator.start` opens it first.
package enum ResultsLibrary {
  private static let opened: Void = {
    // At exit the library would try again to write what could not be written, and crash.
    H5dont_atexit()
    H5open()
  }()

  /// Opens the library, once.
  package static func open() { opened }
}
