// What the tests start under mpirun. Rank 0 prints one fact a line; errors go to standard error with status 1.
import Archive
import Cluster
import Foundation
import KnownEnsemble

struct WorkFailed: Error, CustomStringConvertible {
  let description: String
}

func probe(_ arguments: [String], _ communicator: Communicator) throws {
  func say(_ text: String) { if communicator.rank == 0 { print(text) } }
  func number(_ index: Int) -> Int { Int(arguments[index])! }
  switch arguments[0] {
  case "facts":
    let node = communicator.node
    let mine = "\(communicator.rank)/\(communicator.size) node \(node.index)/\(node.count) \(node.rank)/\(node.size)"
    let all = try communicator.gather(Array("\(mine) threads \(try communicator.threadShare())".utf8))
    for facts in all ?? [] { say(String(decoding: facts, as: UTF8.self)) }
  case "collectives":
    let root = communicator.size - 1
    let text = try communicator.broadcast(communicator.rank == root ? "grüße" : "", from: root)
    let sums = try communicator.allreduce([communicator.rank, 1], .sum)
    let low = try communicator.allreduce(Double(communicator.rank) - 0.5, .minimum)
    let high = try communicator.allreduce(communicator.rank, .maximum, .node)
    let lengths = try communicator.gather([UInt8](repeating: 7, count: communicator.rank))?.map(\.count)
    try communicator.barrier()
    say("\(text) \(sums) \(low) \(high) \(lengths ?? [])")
  case "queue":
    let queue = try WorkQueue(chunkCount: number(1), workers: number(2), communicator: communicator)
    var mine: [UInt8] = []
    let ending = try queue.run(
      compute: { _, chunk in
        usleep(UInt32(chunk * 7919 % 400))
        return chunk
      },
      deliver: { _, chunk in
        mine += Array("\(chunk) ".utf8)
        return (10, 1)
      })
    let all = try communicator.gather(mine) ?? []
    let done = queue.progress.done
    say("\(ending) \(done.chunks) \(done.members) \(done.failed)")
    for chunks in all { say(String(decoding: chunks, as: UTF8.self)) }
  case "fail":
    let queue = try WorkQueue(chunkCount: 100_000, workers: 2, communicator: communicator)
    let unlucky = communicator.rank == number(1)
    _ = try queue.run(
      compute: { _, chunk in
        usleep(1000)
        if unlucky { throw WorkFailed(description: "the dog ate chunk \(chunk)") }
      },
      deliver: { _, _ in (1, 0) })
  case "stop":
    let queue = try WorkQueue(chunkCount: 100_000, workers: 1, communicator: communicator)
    let stopper = communicator.rank == communicator.size - 1
    let ending = try queue.run(
      compute: { _, _ in usleep(1000) }, deliver: { _, _ in (1, 0) }, tick: { _ in if stopper { queue.stop() } })
    say("\(ending)")
  case "idle":
    // Rank 0 holds up the others for a second; they should wait without using a processor.
    if communicator.rank == 0 { sleep(1) }
    try communicator.barrier()
    let seconds = Double(clock()) / Double(CLOCKS_PER_SEC)
    say("\(try communicator.allreduce(seconds, .maximum))")
  case "sums":
    say(try sums(count: number(1), members: number(2), communicator))
  case "sums-speed":
    say(try sumsSpeed(count: number(1), communicator))
  case "write":
    let ensemble = try KnownEnsemble(members: number(3), chunkSize: number(4))
    let mode = ShardMode(rawValue: arguments[2])!
    let progress = try ensemble.run(into: arguments[1], mode: mode, on: communicator, commitInterval: .seconds(1))
    say("\(progress.done.chunks) \(progress.done.members) \(progress.done.failed)")
  case "merge":
    var options = MergeOptions()
    if arguments.count > 3 {
      (options.compression, options.pieces) = (.gzip(level: 1), MergeOptions.Pieces(rawValue: arguments[3])!)
    }
    let report = try ResultsFolder(reading: arguments[1]).merge(to: arguments[2], options: options, on: communicator)
    say("\(report.members) \(report.chunks)")
  case "bench":
    say(try benchmark(folder: arguments[1], members: number(2), chunkSize: number(3), width: number(4), communicator))
  default:
    throw WorkFailed(description: "no such probe: \(arguments[0])")
  }
}

do {
  let communicator = try Communicator.start()
  let outcome = Result { try probe(Array(CommandLine.arguments.dropFirst()), communicator) }
  if case .failure(let error) = outcome, communicator.rank == 0 {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
  }
  try communicator.finish()
  if case .failure = outcome { exit(1) }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(2)
}
