import RealModule

/// The number types that blocks are computed in, each with its matrix products and factors.
protocol BatchedReal: Real, BinaryFloatingPoint, BitwiseCopyable, ProductReal, LAPACKReal {}

extension Double: BatchedReal {}

extension Float: BatchedReal {}
