import Foundation

/// Values of any `Codable` type between ranks, as JSON: for what is exchanged once a run. What is hot has words of its own.
extension Communicator {
  /// The value of every rank of the circle, in order of rank, at its rank 0; nil elsewhere. Collective over the circle.
  public func gather<Value: Codable>(value: Value, _ circle: Circle = .all) throws -> [Value]? {
    let all = try gather(Array(JSONEncoder().encode(value)), circle)
    return try all?.map { try JSONDecoder().decode(Value.self, from: Data($0)) }
  }

  /// The value of the circle's rank 0, on every rank; what the others pass is ignored. Collective over the circle.
  public func broadcast<Value: Codable>(value: Value, _ circle: Circle = .all) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(broadcast(Array(JSONEncoder().encode(value)), circle)))
  }
}
