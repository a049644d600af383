import Foundation
import Programs

/// The components of one value for many members, in aligned memory.
///
/// Component-major: component c of member m stands at `c * stride + m`. Member-major arrays keep their last axis
/// together, as files do: entry s of component c of member m stands at `(c * stride + m) * length + s`.
/// The stride is padded so that vector lanes beyond the last member may be read and written.
public final class Buffer: @unchecked Sendable {
  public enum Order: Sendable {
    case componentMajor
    case memberMajor
  }

  public let type: ValueType
  public let members: Int
  public let precision: Precision
  public let order: Order
  /// Members with padding, a multiple of `Buffer.lanes`; 1 for shared values.
  public let stride: Int
  public let address: UnsafeMutableRawPointer
  public let byteCount: Int

  /// No tile of any executor is wider than this.
  public static let lanes = 64
  private static let alignment = 64

  /// - Parameter order: `memberMajor` only for member arrays with at least one axis.
  public init(type: ValueType, members: Int, precision: Precision, order: Order = .componentMajor) {
    precondition(order == .componentMajor || (type.extent == .member && type.shape.rank > 0))
    self.type = type
    self.members = members
    self.precision = precision
    self.order = order
    stride = type.extent == .shared ? 1 : (max(members, 1) + Self.lanes - 1) / Self.lanes * Self.lanes
    byteCount = max(type.shape.count, 1) * stride * precision.byteCount
    address = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: Self.alignment)
    address.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit { address.deallocate() }

  /// Where a component of a member stands, in components from the start.
  public func offset(component: Int, member: Int) -> Int {
    let member = type.extent == .shared ? 0 : member
    guard order == .memberMajor, let length = type.shape.dimensions.last, length > 0 else {
      return component * stride + member
    }
    let (row, entry) = component.quotientAndRemainder(dividingBy: length)
    return (row * stride + member) * length + entry
  }

  public subscript(component: Int, member: Int) -> Double {
    get {
      let offset = offset(component: component, member: member)
      switch precision {
      case .double: return address.assumingMemoryBound(to: Double.self)[offset]
      case .single: return Double(address.assumingMemoryBound(to: Float.self)[offset])
      }
    }
    set {
      let offset = offset(component: component, member: member)
      switch precision {
      case .double: address.assumingMemoryBound(to: Double.self)[offset] = newValue
      case .single: address.assumingMemoryBound(to: Float.self)[offset] = Float(newValue)
      }
    }
  }

  /// The components of one member in row-major order.
  public func values(member: Int = 0) -> [Double] {
    (0..<type.shape.count).map { self[$0, member] }
  }

  /// Sets all components of one member (or of a shared value).
  /// - Precondition: `values` has as many components as the type.
  public func set(_ values: [Double], member: Int = 0) {
    precondition(values.count == type.shape.count, "\(values.count) values for \(type)")
    for (component, value) in values.enumerated() { self[component, member] = value }
  }

  /// Repeats the last member in the padding, so that idle lanes compute something harmless.
  ///
  /// - Parameters:
  ///   - members: how many there are.
  ///   - tile: members that are computed together.
  public func pad(after members: Int, tile: Int) {
    guard type.extent == .member, order == .componentMajor, members > 0 else { return }
    let end = min(stride, (members + tile - 1) / tile * tile)
    switch precision {
    case .double: pad(members..<end, address.assumingMemoryBound(to: Double.self))
    case .single: pad(members..<end, address.assumingMemoryBound(to: Float.self))
    }
  }

  private func pad<Number>(_ padding: Range<Int>, _ start: UnsafeMutablePointer<Number>) {
    if padding.isEmpty { return }
    for component in 0..<type.shape.count {
      let row = start + component * stride
      (row + padding.lowerBound).update(repeating: row[padding.lowerBound - 1], count: padding.count)
    }
  }
}
