import Testing

@testable import Compiled

@Suite struct WorkspacePoolTests {
  private static let size = 4 << 20

  @Test func memoryOfASizeIsKeptForTheNextRun() throws {
    let pool = WorkspacePool()
    let first = try pool.with(Self.size) { UInt(bitPattern: $0) }
    let second = try pool.with(Self.size) { UInt(bitPattern: $0) }
    #expect(first == second && first % 64 == 0)
    #expect(pool.clear() == Self.size)
  }

  /// So idle memory never comes on top of what is in use.
  @Test func newMemoryIsTakenOnlyAfterIdleMemoryWasGivenBack() throws {
    let pool = WorkspacePool()
    try pool.with(Self.size) { _ in }
    try pool.with(Self.size - 100) { _ in #expect(pool.clear() == 0) }
    try pool.with(3 * Self.size) { _ in #expect(pool.clear() == 0) }
    try pool.with(Self.size) { _ in #expect(pool.clear() == 0) }
    #expect(pool.clear() == Self.size)
  }

  @Test func smallMemoryIsLeftToTheCLibrary() throws {
    let pool = WorkspacePool()
    try pool.with(1000) { $0.storeBytes(of: 1, as: UInt8.self) }
    #expect(pool.clear() == 0)
  }
}
