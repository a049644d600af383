/// Grants the members of a run while it goes on, in their order, so that others can take over what is not begun yet.
public final class MemberFeed: Sendable {
  private let grant: @Sendable () -> Int

  /// - Parameter grant: how many members more may be computed, next to those granted before; 0 once there are no more. In
  ///   all no more than the run's buffers hold. Called by the thread that runs the program.
  public init(_ grant: @escaping @Sendable () -> Int) { self.grant = grant }

  public func more() -> Int { grant() }
}
