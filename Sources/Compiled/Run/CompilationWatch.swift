/// What a user of the compiled executor wants to know, and may say, while kernels are compiled.
public struct CompilationWatch: Sendable {
  /// Called before a kernel is compiled, here or by another rank of this node; not for one that is in the cache.
  let begins: @Sendable () -> Void
  /// Whether to give up; asked many times a second.
  let isStopped: @Sendable () -> Bool

  public init(begins: @escaping @Sendable () -> Void = {}, isStopped: @escaping @Sendable () -> Bool = { false }) {
    (self.begins, self.isStopped) = (begins, isStopped)
  }
}
