/// What a loop over columns reads: a number for each column, or one number that stands for all of them.
struct Source<T> {
  var start: UnsafeMutablePointer<T>
  var isUniform: Bool
}

// The loops are small, generic and always inlined: with the function known at each call site, the compiler makes vectors
// of them.

@inline(__always)
func fill<T>(_ target: UnsafeMutablePointer<T>, _ count: Int, _ a: Source<T>, _ value: (T) -> T) {
  let x = a.start
  if a.isUniform {
    target.update(repeating: value(x[0]), count: count)
  } else {
    for column in 0..<count { target[column] = value(x[column]) }
  }
}

@inline(__always)
func fill<T>(
  _ target: UnsafeMutablePointer<T>, _ count: Int, _ a: Source<T>, _ b: Source<T>, _ value: (T, T) -> T
) {
  let (x, y) = (a.start, b.start)
  switch (a.isUniform, b.isUniform) {
  case (false, false): for column in 0..<count { target[column] = value(x[column], y[column]) }
  case (false, true):
    let y = y[0]
    for column in 0..<count { target[column] = value(x[column], y) }
  case (true, false):
    let x = x[0]
    for column in 0..<count { target[column] = value(x, y[column]) }
  case (true, true): target.update(repeating: value(x[0], y[0]), count: count)
  }
}

/// `a` where the condition is not zero, else `b`. The target may be `a` or `b` itself.
@inline(__always)
func blend<T: BatchedReal>(
  _ target: UnsafeMutablePointer<T>, _ count: Int, _ condition: Source<T>, _ a: Source<T>, _ b: Source<T>
) {
  let (p, x, y) = (condition.start, a.start, b.start)
  if condition.isUniform {
    fill(target, count, p[0] != 0 ? a : b) { $0 }
    return
  }
  switch (a.isUniform, b.isUniform) {
  case (false, false): for column in 0..<count { target[column] = p[column] != 0 ? x[column] : y[column] }
  case (false, true):
    let y = y[0]
    for column in 0..<count { target[column] = p[column] != 0 ? x[column] : y }
  case (true, false):
    let x = x[0]
    for column in 0..<count { target[column] = p[column] != 0 ? x : y[column] }
  case (true, true):
    let (x, y) = (x[0], y[0])
    for column in 0..<count { target[column] = p[column] != 0 ? x : y }
  }
}
