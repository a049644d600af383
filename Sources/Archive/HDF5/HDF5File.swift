import CHDF5
import Foundation

/// An open HDF5 file.
final class HDF5File {
  /// Who reads and writes the file.
  enum Driver {
    /// This process, by plain system calls.
    case serial
    /// All ranks of an MPI communicator together. Opening and closing are collective, and only values of datasets may be
    /// written, for what HDF5 keeps in memory never gets to the disk.
    case parallel(OpaquePointer)
  }

  let path: String
  private var handle: Handle?
  private var isShared = false

  var id: hid_t { handle!.id }

  /// Makes a file that does not exist yet, in the format of HDF5 1.8 unless `newest` asks for that of 1.10.
  init(creating path: String, newest: Bool = false) throws {
    self.path = path
    let creation = try HDF5.open("H5Pcreate", path) { H5Pcreate(flowmap_h5p_file_create()) }
    let order = flowmap_h5p_creation_order()
    try HDF5.check("H5Pset_link_creation_order", path) { H5Pset_link_creation_order(creation.id, order) }
    try HDF5.check("H5Pset_attr_creation_order", path) { H5Pset_attr_creation_order(creation.id, order) }
    // Attributes above 64 kB, such as a long job text, fit only into dense storage.
    try HDF5.check("H5Pset_attr_phase_change", path) { H5Pset_attr_phase_change(creation.id, 0, 0) }
    try HDF5.check("H5Pset_obj_track_times", path) { H5Pset_obj_track_times(creation.id, false) }
    let access = try Self.access(.serial, path, newest: newest)
    // HDF5 would tell of a missing or forbidden folder in many words.
    let probe = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard probe >= 0 || errno == EEXIST else { throw ArchiveError.system("create", path) }
    if probe >= 0 {
      Glibc.close(probe)
      unlink(path)
    }
    handle = try HDF5.open("H5Fcreate", path) {
      H5Fcreate(path, flowmap_h5f_create_new(), creation.id, access.id)
    }
  }

  /// Opens a file for reading.
  /// - Throws: `ArchiveError.file` if it cannot be read or is no HDF5 file, in fewer words than HDF5's own.
  init(reading path: String) throws {
    self.path = path
    var status = stat()
    guard stat(path, &status) == 0, Glibc.access(path, R_OK) == 0 else { throw ArchiveError.system("read", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ArchiveError.file(action: "read", path: path, reason: "it is not a file")
    }
    guard try HDF5.check("H5Fis_hdf5", path, { H5Fis_hdf5(path) }) > 0 else {
      throw ArchiveError.file(action: "read", path: path, reason: "it is not an HDF5 file")
    }
    let access = try Self.access(.serial, path)
    handle = try HDF5.open("H5Fopen", path) { H5Fopen(path, flowmap_h5f_read_only(), access.id) }
  }

  init(writing path: String, _ driver: Driver) throws {
    self.path = path
    let access = try Self.access(driver, path)
    let handle = try HDF5.open("H5Fopen", path) { H5Fopen(path, flowmap_h5f_read_write(), access.id) }
    if case .parallel = driver {
      isShared = true
      handle.keep()
    }
    self.handle = handle
  }

  /// Releases datasets of the file and closes it, which happens whatever fails before: for ranks that share it is collective.
  func close(after datasets: [RowDataset]) throws {
    let outcomes = datasets.map { dataset in Result { try dataset.close() } } + [Result { try close() }]
    for outcome in outcomes { try outcome.get() }
  }

  /// Closes the file, after every object in it was released.
  ///
  /// One that ranks share is closed below HDF5, which keeps its few kilobytes of memory about it until the process ends. HDF5
  /// would write the superblock once more, with the bytes that it has; and a rank for which that fails, as the disk or a
  /// quota is full, leaves out a call in which the others then wait for ever (1.10.8, `H5AC__run_sync_point`).
  func close() throws {
    guard let handle else { return }
    self.handle = nil
    guard isShared else { return try handle.close("H5Fclose", path) }
    try HDF5.serially {
      var text = [CChar](repeating: 0, count: Int(flowmap_mpi_error_length()))
      guard flowmap_mpi_file_close(handle.id, &text) < 0 else { return }
      throw ArchiveError.library(
        "MPI_File_close", path, text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
    }
  }

  private static func access(_ driver: Driver, _ path: String, newest: Bool = false) throws -> Handle {
    let access = try HDF5.open("H5Pcreate", path) { H5Pcreate(flowmap_h5p_file_access()) }
    // Network file systems often refuse locks; HDF5_USE_FILE_LOCKING in the environment still wins.
    try HDF5.check("H5Pset_file_locking", path) { H5Pset_file_locking(access.id, false, true) }
    try HDF5.check("H5Pset_libver_bounds", path) {
      H5Pset_libver_bounds(access.id, H5F_LIBVER_V18, newest ? H5F_LIBVER_V110 : H5F_LIBVER_V18)
    }
    // Without a sieve buffer every write goes to the system at once, in the order in which it was made.
    try HDF5.check("H5Pset_sieve_buf_size", path) { H5Pset_sieve_buf_size(access.id, 0) }
    if case .parallel(let communicator) = driver {
      try HDF5.check("H5Pset_fapl_mpio", path) {
        flowmap_h5p_set_mpio(access.id, UnsafeMutableRawPointer(communicator))
      }
    }
    return access
  }
}

extension HDF5File {
  /// A property list for datasets of a fixed size, without timestamps, in one piece of the file.
  ///
  /// - Parameter allocated: whether the space is reserved at once; it is never filled, so it stays a hole of the file
  ///   until it is written.
  static func datasetCreation(_ argument: String, allocated: Bool = true) throws -> Handle {
    let list = try HDF5.open("H5Pcreate", argument) { H5Pcreate(flowmap_h5p_dataset_create()) }
    let order = flowmap_h5p_creation_order()
    try HDF5.check("H5Pset_attr_creation_order", argument) { H5Pset_attr_creation_order(list.id, order) }
    try HDF5.check("H5Pset_attr_phase_change", argument) { H5Pset_attr_phase_change(list.id, 0, 0) }
    try HDF5.check("H5Pset_obj_track_times", argument) { H5Pset_obj_track_times(list.id, false) }
    if allocated {
      try HDF5.check("H5Pset_alloc_time", argument) { H5Pset_alloc_time(list.id, H5D_ALLOC_TIME_EARLY) }
      try HDF5.check("H5Pset_fill_time", argument) { H5Pset_fill_time(list.id, H5D_FILL_TIME_NEVER) }
    }
    return list
  }

  /// Makes a dataset of the given extents.
  func makeDataset(
    _ name: String, type: hid_t, extents: [Int], creation: Handle? = nil
  ) throws -> RowDataset {
    let argument = "\(name) in \(path)"
    let list = try creation ?? Self.datasetCreation(argument)
    let sizes = extents.map { hsize_t($0) }
    let space = try HDF5.open("H5Screate_simple", argument) { H5Screate_simple(Int32(sizes.count), sizes, nil) }
    let handle = try HDF5.open("H5Dcreate2", argument) {
      H5Dcreate2(id, name, type, space.id, flowmap_h5p_default(), list.id, flowmap_h5p_default())
    }
    return RowDataset(handle, name: argument, space: space, extents: extents)
  }

  /// Opens a dataset.
  func dataset(_ name: String) throws -> RowDataset {
    let argument = "\(name) in \(path)"
    let handle = try HDF5.open("H5Dopen2", argument) { H5Dopen2(id, name, flowmap_h5p_default()) }
    let space = try HDF5.open("H5Dget_space", argument) { H5Dget_space(handle.id) }
    let rank = try HDF5.check("H5Sget_simple_extent_ndims", argument) { H5Sget_simple_extent_ndims(space.id) }
    var sizes = [hsize_t](repeating: 0, count: Int(rank))
    try HDF5.check("H5Sget_simple_extent_dims", argument) { H5Sget_simple_extent_dims(space.id, &sizes, nil) }
    return RowDataset(handle, name: argument, space: space, extents: sizes.map { Int($0) })
  }
}
