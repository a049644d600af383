import Yams

/// Finds the second place of a key that a mapping has twice.
///
/// The parser tells only the first. So keys of that name are renamed, the last in the file first, until the complaint
/// goes away: the one whose renaming ended it is the second.
struct DuplicateKey {
  private let key: String
  private let first: Mark

  init(_ key: String, first: Mark) {
    self.key = key
    self.first = first
  }

  func second(in text: String) -> (line: Int, column: Int)? {
    let places = candidates(in: text)
    // Renaming places[middle...] ends the complaint exactly when the second key is among them.
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if isDuplicated(in: renaming(places[middle...], in: text)) { high = middle } else { low = middle + 1 }
    }
    // Now renaming places[low - 1...] ends it, and places[low...] does not.
    guard low > 0, !places.isEmpty else { return nil }
    let place = places[low - 1]
    let before = text.unicodeScalars[..<place]
    let line = before.count { $0 == "\n" } + 1
    let column = before.reversed().prefix { $0 != "\n" }.count + 1
    return (line, column)
  }

  /// Where the key's text stands after its first place, with a colon behind it.
  private func candidates(in text: String) -> [String.UnicodeScalarView.Index] {
    let scalars = text.unicodeScalars
    let wanted = Array(key.unicodeScalars)
    guard !wanted.isEmpty else { return [] }
    var (line, column) = (1, 1)
    var places: [String.UnicodeScalarView.Index] = []
    var index = scalars.startIndex
    while index < scalars.endIndex, places.count < 100_000 {
      if (line, column) > (first.line, first.column + 1), scalars[index] == wanted[0],
        scalars[index...].starts(with: wanted), endsAsKey(scalars[index...].dropFirst(wanted.count))
      {
        places.append(index)
      }
      (line, column) = scalars[index] == "\n" ? (line + 1, 1) : (line, column + 1)
      scalars.formIndex(after: &index)
    }
    return places
  }

  private func endsAsKey(_ rest: Substring.UnicodeScalarView) -> Bool {
    rest.drop { $0 == "\"" || $0 == "'" || $0 == " " }.first == ":"
  }

  private func renaming(_ places: ArraySlice<String.UnicodeScalarView.Index>, in text: String) -> String {
    var renamed = String.UnicodeScalarView()
    var copied = text.unicodeScalars.startIndex
    for (number, place) in places.enumerated() {
      renamed.append(contentsOf: text.unicodeScalars[copied..<place])
      renamed.append(contentsOf: "renamed\(number)_".unicodeScalars)
      copied = place
    }
    renamed.append(contentsOf: text.unicodeScalars[copied...])
    return String(renamed)
  }

  private func isDuplicated(in text: String) -> Bool {
    do {
      _ = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
      return false
    } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
      return duplicates.first == key && context.mark.line == first.line && context.mark.column == first.column
    } catch {
      return false
    }
  }
}
