import Foundation

/// The shared libraries of this process, by the kernel's own list, which needs no extension of the C library.
public enum LoadedLibraries {
  /// The file that holds a symbol; nil if no library has it.
  public static func file(of symbol: String) -> String? {
    guard let address = dlsym(nil, symbol) else { return nil }
    let wanted = UInt(bitPattern: address)
    return mappings.first { $0.addresses.contains(wanted) }?.file
  }

  /// The files whose names begin with `name`, sorted.
  public static func files(named name: String) -> [String] {
    Set(mappings.map(\.file)).filter { $0.split(separator: "/").last?.hasPrefix(name) ?? false }.sorted()
  }

  /// Lines such as `7f00-7f08 r-xp 00000000 08:01 42   /usr/lib/libmpi.so.40`.
  static var mappings: [(addresses: Range<UInt>, file: String)] {
    let text = KernelFile.contents("/proc/self/maps")
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 5)
      let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard fields.count == 6, ends.count == 2 else { return nil }
      return (ends[0]..<ends[1], fields[5].trimmingCharacters(in: .whitespaces))
    }
  }
}
