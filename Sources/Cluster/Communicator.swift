import CMPI
import Foundation

/// The ranks of a run: those that an MPI launcher started, or this process alone.
///
/// Without a launcher MPI is not even initialised, and every operation below is what it means for one rank.
///
/// MPI runs with `MPI_THREAD_SERIALIZED`: any thread may make the calls of this class, one thread at a time. The
/// intended use is one communicating thread a rank, which also calls HDF5, beside workers that only compute.
public final class Communicator: @unchecked Sendable {
  /// This process's number among all, from 0. Rank 0 reads the job, prints, and answers the other nodes.
  public let rank: Int
  /// The number of ranks in the run.
  public let size: Int
  /// The ranks that share this machine's memory with this one.
  public let node: Node
  /// The settings changed before MPI started, for the run's log.
  public let repairs: [Repair]
  /// Advice for the user about how the run was started, or nil.
  public let hint: String?

  /// The ranks of one machine.
  public struct Node: Sendable {
    /// This process's number on its node, from 0. Rank 0 of a node is its leader.
    public let rank: Int
    /// The number of ranks on this node.
    public let size: Int
    /// This node's number among the nodes, from 0; rank 0 of the run is on node 0.
    public let index: Int
    /// The number of nodes.
    public let count: Int

    public var isLeader: Bool { rank == 0 }
  }

  /// The handle of all ranks, or nil when alone. `Archive` passes it to HDF5.
  package let world: OpaquePointer?
  /// The handle of this node's ranks, or nil when alone.
  package let nodeWorld: OpaquePointer?
  private var isFinished = false

  /// Joins the ranks that were started with this one.
  ///
  /// - Parameters:
  ///   - environment: where launchers left their variables.
  ///   - ranksPerNode: pretends that this many neighbouring ranks make a node, so that the traffic between nodes can
  ///     be tried on one machine. `FLOWMAP_RANKS_PER_NODE` in the environment does the same.
  /// - Throws: `ClusterError.singletons` if a launcher started processes that do not find each other,
  ///   `.badEnvironment`, `.threadSupport`, or `.mpi`.
  /// - Precondition: called once a process, before any other thread calls MPI.
  public static func start(
    environment: [String: String] = ProcessInfo.processInfo.environment, ranksPerNode: Int? = nil
  ) throws -> Communicator {
    switch try Launch(environment: environment) {
    case .solo(let hint):
      return Communicator(soloWithHint: hint)
    case .mpi(let announced):
      var ranksPerNode = ranksPerNode
      if let value = environment["FLOWMAP_RANKS_PER_NODE"] {
        guard let number = Int(value), number > 0 else {
          throw ClusterError.badEnvironment(
            variable: "FLOWMAP_RANKS_PER_NODE", value: value, expected: "a whole number of at least 1")
        }
        ranksPerNode = ranksPerNode ?? number
      }
      let repairs = Repair.makeAll(environment: environment)
      return try Communicator(announced: announced, ranksPerNode: ranksPerNode, repairs: repairs)
    }
  }

  /// One rank, without MPI.
  public init(soloWithHint hint: String? = nil) {
    (rank, size, node) = (0, 1, Node(rank: 0, size: 1, index: 0, count: 1))
    (world, nodeWorld, repairs) = (nil, nil, [])
    self.hint = hint
  }

  private init(announced: Launch.Announcement?, ranksPerNode: Int?, repairs: [Repair]) throws {
    ResultsLibrary.open()
    var provided: Int32 = 0
    try MPI.check("MPI_Init_thread") { MPI_Init_thread(nil, nil, Int32(MPI_THREAD_SERIALIZED), &provided) }
    let world = flowmap_mpi_comm_world()
    try MPI.check("MPI_Comm_set_errhandler") { MPI_Comm_set_errhandler(world, flowmap_mpi_errors_return()) }
    var (rank, size): (Int32, Int32) = (0, 0)
    try MPI.check("MPI_Comm_rank") { MPI_Comm_rank(world, &rank) }
    try MPI.check("MPI_Comm_size") { MPI_Comm_size(world, &size) }
    if let announced, announced.size != Int(size) {
      MPI_Finalize()
      throw ClusterError.singletons(variable: announced.variable, expected: announced.size, found: Int(size))
    }
    guard Int(provided) >= MPI_THREAD_SERIALIZED else {
      MPI_Finalize()
      throw ClusterError.threadSupport(provided: Int(provided))
    }
    let nodeWorld = try Self.nodeHandle(world: world, rank: rank, ranksPerNode: ranksPerNode)
    self.world = world
    self.nodeWorld = nodeWorld
    self.rank = Int(rank)
    self.size = Int(size)
    self.node = try Self.node(world: world, nodeWorld: nodeWorld, rank: rank)
    self.repairs = repairs
    self.hint = nil
  }

  private static func nodeHandle(world: MPI_Comm?, rank: Int32, ranksPerNode: Int?) throws -> MPI_Comm? {
    var shared: MPI_Comm?
    try MPI.check("MPI_Comm_split_type") {
      MPI_Comm_split_type(world, Int32(MPI_COMM_TYPE_SHARED), rank, flowmap_mpi_info_null(), &shared)
    }
    guard let ranksPerNode else { return shared }
    var (place, part): (Int32, MPI_Comm?) = (0, nil)
    try MPI.check("MPI_Comm_rank") { MPI_Comm_rank(shared, &place) }
    try MPI.check("MPI_Comm_split") { MPI_Comm_split(shared, place / Int32(ranksPerNode), place, &part) }
    try MPI.check("MPI_Comm_free") { MPI_Comm_free(&shared) }
    return part
  }

  /// Numbers the nodes by the rank of their leaders.
  private static func node(world: MPI_Comm?, nodeWorld: MPI_Comm?, rank: Int32) throws -> Node {
    var (place, size): (Int32, Int32) = (0, 0)
    try MPI.check("MPI_Comm_rank") { MPI_Comm_rank(nodeWorld, &place) }
    try MPI.check("MPI_Comm_size") { MPI_Comm_size(nodeWorld, &size) }
    let isLeader: Int32 = place == 0 ? 1 : 0
    var (leadersUpToHere, leaders): (Int32, Int32) = (0, 0)
    var mine = isLeader
    try MPI.check("MPI_Scan") { MPI_Scan(&mine, &leadersUpToHere, 1, flowmap_mpi_int32(), flowmap_mpi_sum(), world) }
    try MPI.check("MPI_Allreduce") {
      MPI_Allreduce(&mine, &leaders, 1, flowmap_mpi_int32(), flowmap_mpi_sum(), world)
    }
    var index = leadersUpToHere - 1
    try MPI.check("MPI_Bcast") { MPI_Bcast(&index, 1, flowmap_mpi_int32(), 0, nodeWorld) }
    return Node(rank: Int(place), size: Int(size), index: Int(index), count: Int(leaders))
  }

  /// Ends MPI in this process. Every rank calls it, after its files and shared memory are closed.
  ///
  /// Print the run's error before: the call returns when all ranks have come, and a launcher kills the other ranks
  /// as soon as one has left with an exit code other than 0.
  public func finish() throws {
    guard world != nil, !isFinished else { return }
    isFinished = true
    var nodeWorld = nodeWorld
    try MPI.check("MPI_Comm_free") { MPI_Comm_free(&nodeWorld) }
    try MPI.check("MPI_Finalize") { MPI_Finalize() }
  }

  /// Ends every rank of the run at once, for faults after which ranks can no longer agree on anything.
  public func abort(exitCode: Int32) -> Never {
    if world != nil && !isFinished { MPI_Abort(world, exitCode) }
    exit(exitCode)
  }
}
