import Programs

/// The names that expressions of a job can use, what kind of value each is, and what it depends on.
public struct ModelNames: Sendable {
  public enum Role: Sendable {
    case parameter, state, `let`, time
  }

  public struct Entry: Sendable {
    public let role: Role
    public let kind: ExpressionKind
    public let dependence: Dependence
  }

  /// All names but `t`, in the order of the model.
  public private(set) var names: [String] = []
  /// The events, which only outputs name.
  var events: [String] = []
  private var entries: [String: Entry] = ["t": Entry(role: .time, kind: .number, dependence: .time)]

  /// The names of a model that a Swift program registered.
  ///
  /// - Parameters:
  ///   - parameters: names of parameters, all numbers.
  ///   - states: names of states, each a number or an array.
  ///   - events: names of events.
  public init(parameters: [String], states: [(name: String, kind: ExpressionKind)], events: [String] = []) {
    self.events = events
    for parameter in parameters { insert(parameter, role: .parameter, dependence: .parameters) }
    for state in states { insert(state.name, role: .state, kind: state.kind, dependence: .states) }
  }

  public subscript(name: String) -> Entry? { entries[name] }

  /// Names in a role, in the order of the model.
  public func names(_ role: Role) -> [String] { names.filter { entries[$0]?.role == role } }

  mutating func insert(_ name: String, role: Role, kind: ExpressionKind = .number, dependence: Dependence) {
    if entries.updateValue(Entry(role: role, kind: kind, dependence: dependence), forKey: name) == nil {
      names.append(name)
    }
  }

  /// What a variation can name: parameters, and the starts of states that are numbers.
  var variable: [String] {
    names(.parameter) + names(.state).filter { entries[$0]?.kind == .number }.map { "\($0).start" }
  }

  /// Whether a variation can name this.
  func contains(_ varied: VariedName) -> Bool {
    switch varied {
    case .parameter(let name): entries[name]?.role == .parameter
    case .start(let state): entries[state]?.role == .state && entries[state]?.kind == .number
    }
  }

  /// What the user most likely meant by a name that cannot vary.
  func nearestVariable(to name: String) -> String? {
    contains(.start(ofState: name)) ? "\(name).start" : NearestName.to(name, among: variable)
  }
}

/// Names that users cannot give to things, and why.
enum ReservedNames {
  /// Variables that every results file has.
  static let ofResults = ["member", "time", "status", "steps", "rejected", "limited", WatchedStates.variable]

  static func meaning(of name: String) -> String? {
    if name == "t" { return "the time" }
    if Expression.constants[name] != nil { return "a constant" }
    if KnownFunction(rawValue: name) != nil { return "a function" }
    if ReductionFunction(rawValue: name) != nil { return "a function of outputs" }
    if Expression.reservedWords.contains(name) { return "a word of the expression language" }
    if ofResults.contains(name) { return "a variable of every results file" }
    return nil
  }
}
