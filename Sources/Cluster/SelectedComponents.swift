import CMPI
import Foundation

/// Which of its components Open MPI has chosen for what runs do, by kind: `btl` moves the bytes of messages, `osc` is for shared
/// windows, `io`, `fcoll`, `fs` and `fbtl` for files.
///
/// No call tells this. But every component of Open MPI 4 is a library of its own, `mca_osc_sm.so`, and what it serves holds
/// pointers into it: a window to its functions, a file to those for files. So a window and a file are made as runs make them,
/// and the words of their descriptions are looked through, one step of pointers after the other. Memory is read by the kernel,
/// which refuses what is not mapped. What is not found so, or not clearly, has no name here; nothing is guessed.
public struct SelectedComponents: Sendable, Equatable {
  /// Names by kind, sorted. Several only for `btl`: each pair of ranks takes the fastest that connects it.
  public let names: [String: [String]]

  /// Looks at what this rank's node uses; finds nothing where MPI is not started. Collective over the ranks of the node.
  ///
  /// - Parameter folder: where a file is made and removed again, to see what serves files there; none is if nil.
  /// - Throws: `ClusterError.mpi`. That no file can be made there is no error here.
  public init(fileIn folder: String?, on communicator: Communicator) throws {
    guard let node = communicator.nodeWorld, var search = ComponentSearch() else {
      names = [:]
      return
    }
    var names: [String: [String]] = [:]
    if let transports = dlsym(nil, "mca_btl_base_modules_initialized") {
      names["btl"] = search.all("btl", behind: transports)
    }
    let words = try SharedWords(count: 1, on: communicator)
    if let window = words.handle { names.merge(search.served(["osc"], of: window, words: 64)) { $1 } }
    try words.close()
    if let folder, let file = Self.open("\(folder)/components", node) {
      // Those for files are loaded by the first that is opened.
      search.libraries = ComponentSearch.loaded
      for kinds in [["io"], ["fcoll", "fs", "fbtl"]] as [Set<String>] {
        names.merge(search.served(kinds, of: UnsafeRawPointer(file), words: 128)) { $1 }
      }
      var open: MPI_File? = file
      MPI_File_close(&open)
    }
    self.names = names
  }

  private static func open(_ path: String, _ ranks: OpaquePointer) -> MPI_File? {
    var file: MPI_File?
    let mode = MPI_MODE_CREATE | MPI_MODE_RDWR | MPI_MODE_DELETE_ON_CLOSE
    return MPI_File_open(ranks, path, mode, flowmap_mpi_info_null(), &file) == MPI_SUCCESS ? file : nil
  }
}

/// Looks for pointers into components' libraries.
private struct ComponentSearch {
  typealias Library = (addresses: Range<UInt>, kind: String, name: String)

  var libraries = Self.loaded
  private let memory: FileHandle

  /// Nil where the kernel does not show this process its own memory.
  init?() {
    guard let memory = FileHandle(forReadingAtPath: "/proc/self/mem") else { return nil }
    self.memory = memory
  }

  static var loaded: [Library] {
    LoadedLibraries.mappings.compactMap { addresses, file in
      guard let match = file.split(separator: "/").last?.wholeMatch(of: /mca_([a-z]+)_(\w+)\.so.*/) else { return nil }
      return (addresses, String(match.1), String(match.2))
    }
  }

  /// What components of some kinds serve an object. The piece of memory, the object itself or one that it points to, with the
  /// most pointers into such components is their table; a stray pointer elsewhere is left behind by something else.
  func served(_ kinds: Set<String>, of object: UnsafeRawPointer, words: Int) -> [String: [String]] {
    let own = look(UInt(bitPattern: object), words)
    let pieces = [own.pointers] + own.others.map { look($0, words).pointers }
    let counts = pieces.map { piece in piece.filter { kinds.contains($0.kind) }.count }
    guard let most = counts.max(), most > 0, let table = counts.firstIndex(of: most) else { return [:] }
    let found = Dictionary(grouping: pieces[table].filter { kinds.contains($0.kind) }) { $0.kind }
    return found.mapValues { Set($0.map(\.name)) }.filter { $0.value.count == 1 }.mapValues { Array($0) }
  }

  /// All components of a kind that a list holds.
  func all(_ kind: String, behind list: UnsafeRawPointer) -> [String]? {
    var (places, seen, names): ([UInt], Set<UInt>, Set<String>) = ([UInt(bitPattern: list)], [], [])
    // An item has eight words; a longer list than of six is walked from both of its ends.
    for _ in 0...6 {
      let found = places.filter { seen.count < 10_000 && seen.insert($0).inserted }.map { look($0, 8) }
      names.formUnion(found.flatMap(\.pointers).filter { $0.kind == kind }.map(\.name))
      places = found.flatMap(\.others)
    }
    return names.isEmpty ? nil : names.sorted()
  }

  /// The words at an address, as many as can be read: those that point into components, and those that may point elsewhere.
  private func look(_ address: UInt, _ count: Int) -> (pointers: [Library], others: [UInt]) {
    var words = [UInt](repeating: 0, count: count)
    let bytes = words.withUnsafeMutableBytes { pread(memory.fileDescriptor, $0.baseAddress, $0.count, off_t(address)) }
    var (pointers, others): ([Library], [UInt]) = ([], [])
    for word in words.prefix(max(0, bytes) / MemoryLayout<UInt>.stride) where word > 1 << 16 && word < 1 << 47 {
      if let library = libraries.first(where: { $0.addresses.contains(word) }) {
        pointers.append(library)
      } else if word % 8 == 0 {
        others.append(word)
      }
    }
    return (pointers, others)
  }
}
