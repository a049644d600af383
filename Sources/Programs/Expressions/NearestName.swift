/// Spelling help for messages: the name that the user most likely meant.
public enum NearestName {
  /// The candidate nearest to `name`, if one is near enough to be worth offering.
  ///
  /// Near enough is one edit (insert, delete, replace, swap neighbours) in three letters, and at least one; case is
  /// free. Where none is, a candidate counts that begins with `name` or ends with it as a word (`relative_tolerance`
  /// for `tolerance`), or that `name` begins with (`log` for `log10`), of three letters or more. Ties go to the first.
  public static func to(_ name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars.prefix(100))
    let allowed = Swift.max(1, (wanted.count + 1) / 3)
    var best: (name: String, distance: Int)?
    for candidate in candidates where candidate != name {
      let letters = Array(candidate.lowercased().unicodeScalars.prefix(100))
      guard abs(letters.count - wanted.count) <= allowed else { continue }
      let distance = editDistance(wanted, letters)
      // One edit makes any one-letter name of any other: that is a guess, not help.
      let isGuess = distance >= Swift.max(wanted.count, letters.count)
      if distance <= allowed, !isGuess, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    if let best { return best.name }
    guard wanted.count >= 3 else { return nil }
    return candidates.first { candidate in
      let (lower, lowerName) = (candidate.lowercased(), name.lowercased())
      let isLongEnough = lower.unicodeScalars.count >= 3 && candidate != name
      return isLongEnough
        && (lower.hasPrefix(lowerName) || lower.hasSuffix("_" + lowerName) || lowerName.hasPrefix(lower))
    }
  }

  /// Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
  ///
  /// - Source: F. J. Damerau, Comm. ACM 7 (1964) 171–176, in the "optimal string alignment" form.
  static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = Swift.min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = Swift.min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
