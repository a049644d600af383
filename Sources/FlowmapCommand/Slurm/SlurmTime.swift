/// A time limit as Slurm's own commands take it.
struct SlurmTime: Equatable {
  let text: String
  let seconds: Int

  /// The forms that are understood, for messages.
  static let forms = "90 (minutes), 1:30:00 (hours:minutes:seconds) or 2-12:00:00 (with days)"

  /// Reads `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes` or
  /// `days-hours:minutes:seconds`; nil for anything else, and for a limit of nothing, which Slurm takes for none at all.
  init?(_ text: String) {
    guard let match = text.wholeMatch(of: /(?:(\d{1,4})-)?(\d{1,6})(?::(\d{1,2}))?(?::(\d{1,2}))?/) else { return nil }
    let days = match.1.flatMap { Int($0) }
    let numbers = [match.2, match.3, match.4].compactMap { $0 }.compactMap { Int($0) }
    guard numbers.dropFirst().allSatisfy({ $0 < 60 }) else { return nil }
    // Without days a lone number is minutes, and two are minutes and seconds; after days the first is hours.
    let units = days == nil && numbers.count < 3 ? [60, 1] : [3600, 60, 1]
    let seconds = (days ?? 0) * 86_400 + zip(numbers, units).reduce(0) { $0 + $1.0 * $1.1 }
    guard seconds > 0 else { return nil }
    (self.text, self.seconds) = (text, seconds)
  }
}
