import Testing

@testable import Programs

/// Texts that are none of programs are refused with the place and what belongs there, and nothing crashes on them.
@Suite struct ProgramTextErrorTests {
  private func message(_ text: String) -> String {
    do {
      return "accepted: \(try Program(text: text))"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("text 1", "text 2", "line 1 of the program's text needs '1', but has '2'"),
    ("program 1", "program 2", "line 7 of the program's text needs the number 1, but has '2'"),
    ("\"x\" member", "\"x\" memer", "line 3 of the program's text needs 'member' or 'shared', but has 'memer'"),
    ("\"x\" member", "x member", "line 3 of the program's text needs a name between quotation marks, but has 'x'"),
    (
      "\"limits\" %6", "\"limits %6",
      "line 30 of the program's text needs a name that ends in a quotation mark, but has '\"limits'"
    ),
    (
      "\"limits\"", "\"lim\\its\"",
      "line 30 of the program's text needs a name with the escapes \\\", \\\\ and \\u{…}, but has '\"lim\\its\"'"
    ),
    (
      "shared real[2]\n  %2", "shared real[2,-1]\n  %2",
      "line 9 of the program's text needs 'real' or 'boolean' with a shape such as [3,4], but has 'real[2,-1]'"
    ),
    ("%1 = binary", "%2 = binary", "line 4 of the program's text needs '%1' or '=', but has '%2'"),
    (
      "binary multiply %0", "binary times %0",
      "line 4 of the program's text needs a function of two numbers, but has 'times'"
    ),
    ("= index", "= indexx", "line 11 of the program's text needs an operation, but has 'indexx'"),
    ("position=1", "position=-1", "line 11 of the program's text needs 'position=' and a count, but has 'position=-1'"),
    ("position=1", "axis=1", "line 11 of the program's text needs 'position=' and a count, but has 'axis=1'"),
    (
      "program=0 %0", "program=1 %0",
      "line 10 of the program's text needs the number of a program that is complete, but has 'program=1'"
    ),
    (
      "capacity=none", "capacity=some",
      "line 13 of the program's text needs 'capacity=' and a count, but has 'capacity=some'"
    ),
    ("condition \"", "body \"", "line 14 of the program's text needs 'condition', but has 'body'"),
    ("3fe0000000000000 ", "3fe0000000000000g ", "line 17 of the program's text needs ':', but has '3fe0000000000000g'"),
    ("%0 %0 : member", "%0 %0 member", "line 4 of the program's text needs ':', but has 'member'"),
    (
      "%0 %0 : member real", "%0 %0 : member real member real",
      "line 4 of the program's text needs nothing more, but has 'member'"
    ),
    (
      "  output \"y\" %1\nend\n", "  output \"y\" %1\n",
      "line 6 of the program's text needs an output or 'end', but has 'program'"
    ),
    (
      "\"square\"", "\"square\" rule=rank",
      "line 2 of the program's text needs a function that has a rule, but has 'rule=rank'"
    ),
    (
      "\"decay\"", "\"decay\" tangents=0",
      "line 31 of the program's text needs a rule with 4 inputs, but has one with 1"
    ),
    (
      "multiply %0 %0", "multiply %0 %7",
      "the text says what is no program: program 'square', instruction 0: multiply uses %7 "
        + "before it is defined"
    ),
    (
      "captures=1", "captures=3",
      "the text says what is no program: program 'decay', instruction 3: while needs captures "
        + "that are among its 2 operands"
    ),
    (
      "stride=1", "stride=0",
      "the text says what is no program: program 'decay', instruction 3: while needs a tape of "
        + "rows every so many turns"
    ),
  ])
  func mistakesAreToldWithTheirPlace(piece: String, replacement: String, message: String) throws {
    let text = try ProgramTextTests.decay().text
    let place = try #require(text.firstRange(of: piece))
    #expect(self.message(text.replacingCharacters(in: place, with: replacement)) == message)
  }

  @Test func aTextMayEndNowhereButAtItsEnd() throws {
    let text = try ProgramTextTests.decay().text
    #expect(message("") == "line 1 of the program's text needs 'flowmap', but has nothing more")
    #expect(
      message("flowmap program text 1\n") == "line 2 of the program's text needs 'program', but has nothing more")
    let whole = try Program(text: text)
    let bytes = Array(text.utf8)
    for count in bytes.indices {
      // A program that another would have called is one, too.
      guard let read = try? Program(text: String(decoding: bytes[..<count], as: UTF8.self)) else { continue }
      #expect(read == whole ? count == bytes.count - 1 : read.name == "square", "\(count)")
    }
  }

  @Test func changedTextsAreRefusedOrProgramsAndNeverCrash() throws {
    let bytes = Array(try ProgramTextTests.decay().text.utf8)
    let words = try ProgramTextTests.decay().text.split { " \n".contains($0) }
    var (generator, accepted) = (Scramble(state: 11), 0)
    for round in 0..<2000 {
      var changed = bytes
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        let place = Int.random(in: 0..<changed.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: changed[place] = UInt8.random(in: 1..<128, using: &generator)
        case 1: changed.remove(at: place)
        case 2: changed.insert(contentsOf: "9999999999".utf8.prefix(round % 11), at: place)
        default:
          let word = words.randomElement(using: &generator)!
          let end = changed[place...].firstIndex(of: UInt8(ascii: " ")) ?? changed.count
          changed.replaceSubrange(place..<end, with: word.utf8)
        }
      }
      let text = String(decoding: changed, as: UTF8.self)
      guard let program = try? Program(text: text) else { continue }
      accepted += 1
      try program.check()
      #expect(try Program(text: program.text) == program, "\(text)")
    }
    // Other names and other numbers make other programs.
    #expect(accepted > 50 && accepted < 1000, "\(accepted)")
  }

  @Test func whatIsTooLargeOrNestsTooDeepIsRefused() throws {
    func text(_ line: String) -> String {
      "flowmap program text 1\nprogram 0 \"p\"\n  input %0 \"x\" member real[2]\n  \(line)\nend\n"
    }
    let largest = "1099511627776"
    #expect(
      message(text("%1 = slice axis=0 start=\(largest) count=\(largest) %0 : member real")).contains(
        "what is no program"))
    #expect(message(text("%1 = broadcast shape=[\(largest),2] %0 : member real")).contains("needs 'shape='"))
    #expect(message(text("%1 = moments degree=99999999999999999999 %0 : member real")).contains("needs 'degree='"))
    let lines =
      ["flowmap program text 1", "program 0 \"p\""]
      + (0..<200).flatMap { _ in
        ["= scan length=0 captures=0 carries=0 backward=false counted=false :", "body \"b\""]
      }
    #expect(
      message(lines.joined(separator: "\n"))
        == "line 202 of the program's text needs programs that nest no deeper than 100, but has '\"b\"'")
    var calls = "flowmap program text 1\nprogram 0 \"p\"\nend\n"
    for number in 1...100 { calls += "program \(number) \"p\"\n= call program=\(number - 1) :\nend\n" }
    #expect(
      message(calls)
        == "line 302 of the program's text needs programs that nest no deeper than 100, but has 'program=99'")
    let legal = calls.split(separator: "program 100").first.map(String.init) ?? ""
    #expect(try Program(text: legal).instructions.count == 1)
  }
}

/// A small generator of numbers from a seed (Steele, Lea, Flood: SplitMix64).
private struct Scramble: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
