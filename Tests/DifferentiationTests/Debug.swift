import Differentiation
import Programs
import Testing
@Test func debugPrint() throws {
  let p = try Program.trace("p", inputs: [.init("a", ValueType())]) { [("y", sqrt($0[0] + 1.5))] }
  let f = try p.jacobianVectorProduct()
  print(f)
  print(try Engine.batched.run(f, members: 3, [[[0.1],[0.2],[0.3]], [[1],[1],[1]]]))
  print(try Engine.compiled.run(f, members: 3, [[[0.1],[0.2],[0.3]], [[1],[1],[1]]]))
}
