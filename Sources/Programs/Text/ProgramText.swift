/// A program as text from which the same program can be read again, unlike `description`, which is for the eye.
///
/// Nothing is left out and nothing rounded: two programs have the same text only if they compute the same. So a digest of the
/// text says which program results came from.
///
///     flowmap program text 1
///     program 0 "square"
///       input %0 "x" member real
///       %1 = binary multiply %0 %0 : member real
///       output "y" %1
///     end
///     program 1 "decay"
///       input %0 "x" member real
///       input %1 "limits" shared real[2]
///       %2 = constant 3ff0000000000000 : shared real
///       %3 = call program=0 %0 : member real
///       %4 = while captures=1 capacity=none stride=1 %2 %3 : member real
///       condition "steps.condition"
///         …
///       end
///       body "steps.body"
///         …
///       end
///       output "y" %4
///     end
///
/// - Programs that are called, and derivatives that programs bring along, stand before those that use them and have numbers:
///   a program called a hundred times is written once. The last program is the one that the text is of.
/// - A number is written as the hexadecimal digits of its bits, so that it does not depend on how a version of Swift prints
///   numbers, and payloads of NaNs and signs of zeros are kept.
/// - An instruction is its results, its operation's word and parameters, its operands, and after the colon the types of its
///   results. The regions of a loop follow its line.
enum ProgramText {
  /// Changes with every change of the form, so that texts and digests of different forms are told apart.
  static let format = 1
  static let heading = "flowmap program text \(format)"
  /// How deep regions and called programs may nest in a text that is read: far deeper than derivatives of derivatives of
  /// solvers do, and no deeper than a thread's stack holds.
  static let deepest = 100
  /// The largest count or component count that is read, so that arithmetic on a few of them does not overflow.
  static let largest = 1 << 40
}

extension Program {
  /// The form in which this version writes `text`.
  public static var textFormat: Int { ProgramText.format }

  /// The program's text, the same for equal programs and for no others.
  public var text: String {
    var writer = ProgramWriter()
    writer.write(self)
    return writer.text
  }

  /// The program of a text, checked against the grammar of programs.
  ///
  /// - Throws: `ProgramTextError`, for any text that is not one of a program.
  public init(text: String) throws(ProgramTextError) {
    var parser = ProgramParser(text)
    self = try parser.program()
  }
}
