import Testing

@testable import Archive

@Suite struct PathPartsTests {
  @Test(arguments: [
    ("r", "", "r"), ("a/b", "a", "b"), ("/a", "/", "a"), ("a/b/", "a", "b"), ("/", "/", ""), ("", "", ""),
    ("//x", "/", "x"), ("./x", ".", "x"), ("a//b", "a", "b"), ("/a/b/c.h5", "/a/b", "c.h5"), ("é/ü", "é", "ü"),
  ])
  func pathsAreTakenApart(path: String, parent: String, last: String) {
    #expect(path.parentPath == parent)
    #expect(path.lastPathPart == last)
  }

  @Test(arguments: [("", "x", "x"), ("a", "x", "a/x"), ("/", "x", "/x"), ("a/", "x", "a/x")])
  func partsArePutTogether(folder: String, part: String, path: String) {
    #expect(folder.appendingPathPart(part) == path)
  }
}
