import Programs

extension JobError: CustomStringConvertible {
  public var description: String { message }

  /// The problem in words: what was found, what was expected, and what to do about it.
  public var message: String {
    switch self {
    case .unreadable(let reason):
      "cannot be read: \(reason)"
    case .tooLarge(let bytes):
      "is \(bytes) bytes long, which is no job file (the limit is \(JobDocument.largestFile)). Put data in a table file"
    case .notUTF8:
      "has bytes that are not UTF-8 text. Save the file as UTF-8"
    case .emptyFile:
      "the file is empty. A job needs at least 'name', 'model' and 'solve'"
    case .notYAML(let problem, let hint):
      "this is not YAML: \(problem).\(hint.map { " \($0)" } ?? "")"
    case .severalDocuments:
      "a second document begins here ('---'). A job file holds one job; put others in their own files"
    case .anchor(let name):
      "the anchor '&\(name)' is not supported, nor are aliases. Write the value where it is used"
    case .tooManyAliases:
      "aliases (*name) are not supported. Write the value where it is used"
    case .mergeKey:
      "merge keys ('<<') are not supported. Write the keys where they are used"
    case .tag(let tag):
      "the tag '\(shortTag(tag))' is not supported. Leave it out, or put quotes around a text that begins with '!'"
    case .keyIsNotText:
      "a key must be a plain text, but this one is a list or a mapping. Put quotes around a text with brackets"
    case .unknownVersion(let version):
      "version \(version) of the job format is not known here, only version 1. A newer Flowmap may read it"

    case .duplicateKey(let key, let firstLine):
      "'\(key)' is given twice; the first is on line \(firstLine). Remove one of them"
    case .unknownKey(let key, let within, let nearest, let known):
      "\(within) has no key '\(key.shortened)'.\(didYouMean(nearest)) Its keys are \(inWords(known))"
    case .misplacedKey(let key, let within, let choice, let advice):
      "\(within) has '\(key)', which does not go with '\(choice)'. \(advice)"
    case .missingKey(let key, let within, let meaning):
      "\(within) needs '\(key)': \(meaning)"
    case .noValue(let key):
      "\(key) has no value"
    case .unquotedComma(let key):
      "'\(key.shortened)' is not a key. Inside {…} a comma ends a value: put quotes around an expression with a comma"
    case .missingSpace(let key):
      "'\(key.shortened)' is not a key. A key needs a space after its colon, as in '\(withSpace(key))'"

    case .wrongShape(let key, let expected, let found):
      "\(key) must be \(expected), but it is \(found)"
    case .notANumber(let key, let found, let because):
      "\(key) must be a number such as 31, 1e-8 or 8/3, but it is \(found)\(because.map { ", which \($0)" } ?? "")"
    case .notFinite(let key, let found):
      "\(key) must be a finite number, but \(found) is not"
    case .notAnInteger(let key, let found):
      "\(key) must be a whole number, but it is \(found)"
    case .notAllowed(let key, let rule, let found):
      "\(key) must be \(rule), but it is \(found)"
    case .notAChoice(let key, let found, let choices, let nearest):
      "\(key) must be \(orInWords(choices)), but it is \(found).\(didYouMean(nearest))"
    case .reversed(let key, let low, let high, let lowValue, let highValue):
      "\(key): '\(low)' must be less than '\(high)', but they are \(short(lowValue)) and \(short(highValue))"
    case .notIncreasing(let key, let before, let after):
      "\(key) must increase, but \(short(after)) comes after \(short(before))"

    case .notAName(let name, let role, let nearest):
      "'\(name.shortened)' cannot name \(role): a name is a letter, then letters, digits or '_'"
        + (nearest == nil ? "" : ".\(didYouMean(nearest))")
    case .reservedName(let name, let role, let meaning):
      "'\(name)' cannot name \(role), as it is \(meaning). Choose another name"
    case .nameTaken(let name, let role, let by, let line):
      "'\(name)' cannot name \(role), as it is \(by) already (line \(line)). Choose another name"
    case .undefinedName(let subject, let name, let expected, let nearest):
      "\(subject) uses '\(name)', which is not \(expected).\(name == "e" ? eulersNumber : didYouMean(nearest))"
    case .cyclicLet(let names):
      "let names depend on each other in a circle: \(names.joined(separator: " -> "))"
    case .startUsesState(let subject, let name, let isLet):
      "\(subject) uses \(isLet ? "the let '\(name)', which depends on states," : "the state '\(name)',")"
        + " but a start can use only parameters, and lets over them"
    case .unknownVaried(let name, let key, let nearest):
      "\(key) has '\(name.shortened)', which is not a parameter or the start of a state (such as 'x.start')."
        + didYouMean(nearest)
    case .arrayStart(let state, let key):
      "\(key) has '\(state).start', but '\(state)' is an array, whose start is the model's to give."
        + " Vary a parameter that the start uses"
    case .unknownDifferentiated(let name, let nearest):
      "gradient.of has '\(name.shortened)', which is not an output or a saved state.\(didYouMean(nearest))"
    case .notDifferentiable(let name, let meaning):
      "gradient.of has '\(name)', which has no derivative, as it is \(meaning). Name outputs or saved states"
    case .seriesNotSaved(let state, let savesNothing):
      "gradient.of has the state '\(state)', whose derivatives are those of its saved series, but solve.save "
        + (savesNothing ? "keeps nothing." : "does not keep it.")
        + " Save it, or take the gradient of an output such as final(\(state))"
    case .seriesInReverse(let state):
      "gradient.mode is 'reverse', but the derivatives of '\(state)' at all saved times need forward mode: reverse mode "
        + "would walk the solution back once for each of them. Leave 'mode' out, or name outputs only"
    case .seriesByArray(let state, let start):
      "gradient has the saved state '\(state)' by the array '\(start)', which makes a matrix for each saved time. Name "
        + "outputs only, or other names to differentiate by"
    case .noOutputs(let key):
      "\(key) is 'all', which means all outputs, but the job has none. Name the saved states that are meant"
    case .unknownState(let key, let name, let nearest):
      "\(key) has '\(name.shortened)', which is not a state.\(didYouMean(nearest))"
    case .unknownPhase(let key, let name, let nearest, let known):
      known.isEmpty
        ? "\(key) has '\(name.shortened)', but the model has no phases. Add them under 'phases'"
        : "\(key) has '\(name.shortened)', which is not a phase.\(didYouMean(nearest)) Phases are \(inWords(known))"
    case .unknownEvent(let subject, let name, let nearest, let known):
      known.isEmpty
        ? "\(subject) names the event '\(name.shortened)', but the model has no events"
        : "\(subject) names the event '\(name.shortened)', which is not an event.\(didYouMean(nearest)) Events are \(inWords(known))"
    case .unknownParameter(let name, let model, let nearest):
      "model.parameters has '\(name.shortened)', which is not a parameter of the model '\(model)'.\(didYouMean(nearest))"

    case .expression(let subject, let error):
      "\(subject) \(error.message)"
    case .conditionAsValue(let subject, let text):
      "\(subject) must be a number, but '\(text.shortened)' is a condition. Did you mean 'piecewise(\(text.shortened), 1, 0)'?"
    case .arrayAsValue(let subject, let text):
      "\(subject) must be a number, but '\(text.shortened)' is an array. An array gives a number by sum(u) or an index, u[3]"
    case .reductionOutsideOutput(let subject, let name):
      "\(subject) calls '\(name)', but only outputs can, as it looks at a whole solution"
    case .nestedReduction(let subject, let outer, let inner):
      "\(subject) has '\(inner)' inside '\(outer)', but each of them already turns the whole solution into one number"
    case .bareName(let subject, let name):
      "\(subject) uses '\(name)' by itself, but it changes in time. Did you mean 'final(\(name))'?"
    case .countOfExpression(let subject, let text):
      "\(subject) has '\(text.shortened)' where the name of an event must stand, as in 'count(bounce)' or 'time_of(bounce)'"
    case .reductionTimeNotConstant(let subject, let text):
      "\(subject): the time of at(…, time) must be a number such as 2.5 or 2*pi, or an expression over parameters, but it is '\(text.shortened)'"
    case .timeNotConstant(let subject, let text, let name):
      "\(subject) must be a time that is known before the solution, over parameters and lets over them, but "
        + "'\(text.shortened)' uses '\(name)'. An event at a time that the solution finds is written with 'when'"
    case .windowNeedsBothEdges(let subject, let function):
      "\(subject): \(function) takes an expression, or an expression and the two edges of a part of the time, as in "
        + "'\(function)(x, 5, 20)'"
    case .neitherFirstNorLast(let subject, let text):
      "\(subject): the second argument of time_of must be 'first' or 'last', but it is '\(text.shortened)'"
    case .windowOutside(let subject, let from, let until, let begin, let end):
      "\(subject) looks from \(short(from)) until \(short(until)), which is not within the solution, from "
        + "\(short(begin)) until \(short(end)). Choose edges within it, or leave them out for the whole"
    case .windowReversed(let subject, let from, let until):
      "\(subject) looks from \(short(from)) until \(short(until)), but the first edge must be before the second. Exchange them"
    case .timeOutside(let subject, let time, let from, let until):
      "\(subject) has the time \(short(time)), which is outside the solution, from \(short(from)) until \(short(until))"

    case .directionOfCondition(let subject, let text):
      "\(subject) happens where the condition '\(text.shortened)' becomes true, so it has no 'direction'. Leave that out, or "
        + "write 'not (…)' for where it becomes false"
    case .startOfBothDirections(let subject):
      "\(subject) has 'at_start', but a number that passes through zero either way is not true or false at the start. Give it "
        + "a 'direction', or write a condition such as 'x > 1'"
    case .neverANumber(let subject, let text):
      "\(subject) can never happen, as '\(text.shortened)' is not a number (NaN) whatever the states are. Write an expression "
        + "that has a value"
    case .negativeDelay(let subject, let text):
      "\(subject) must not be negative, but it is '\(text.shortened)'. An event cannot act before its trigger"
    case .constantTrigger(let subject, let text):
      "\(subject) can never happen, as '\(text.shortened)' does not change in time. Use states, t or lets over them"
    case .stopAndProceed(let event):
      "event '\(event)' has 'stop' and also 'set' or 'next', but nothing comes after the end. Keep one of them"
    case .tooManyEventTimes(let key, let count, let most):
      "\(key) makes \(short(count)) times, but an event has at most \(most)"

    case .backwards(let from, let until):
      "solve.until must be after solve.from, but they are \(short(until)) and \(short(from))."
        + " To go back in time, negate every rate and write -t for t"
    case .toleranceTooSmall(let key, let found, let smallest, let precision):
      "\(key) is \(short(found)), but \(precision.rawValue) precision reaches no less than \(short(smallest))"
    case .tooManySteps(let step, let steps, let allowed):
      "solve.step of \(short(step)) makes \(short(steps)) steps, but solve.maximum_steps allows \(allowed)."
        + " Take longer steps or allow more of them"
    case .tooManySaves(let key, let count, let most):
      "\(key) makes \(short(count)) times, but at most \(most) can be saved"
    case .saveNeedsKnownTimes(let key, let advice):
      "\(key) needs times that are the same for all members, but solve's own times use parameters. \(advice)"
    case .nothingKept:
      "the job keeps nothing. Add 'outputs', or 'save' under 'solve'"
    case .nothingVaries(let design):
      "the design '\(design)' needs something to vary, but 'vary' names nothing"
    case .countNeeded(let name, let design):
      "vary.\(name) needs a 'count' for the design '\(design)': how many values it takes"
    case .unknownGroupMember(let group, let name, let nearest):
      "the group '\(group)' has '\(name.shortened)', which is not under 'vary'.\(didYouMean(nearest))"
    case .inTwoGroups(let name, let groups):
      "'\(name)' is in the groups \(inWords(groups)), but it can advance with one of them only"
    case .unequalCounts(let group, let counts):
      "the group '\(group)' needs as many values of each, but "
        + counts.map { "'\($0)' has \($1)" }.joined(separator: " and ")
    case .unusedVariation(let name):
      "vary.\(name) is not used: no design takes values from 'vary'. Remove it, or list a design such as 'grid'"
    }
  }

  private var eulersNumber: String { " Euler's number is exp(1)" }

  /// YAML's own tags as they are written: `!!float`.
  private func shortTag(_ tag: String) -> String {
    let standard = "tag:yaml.org,2002:"
    return tag.hasPrefix(standard) ? "!!" + tag.dropFirst(standard.count) : tag.shortened
  }

  private func short(_ value: Double) -> String { Expression.shortest(value) }

  private func didYouMean(_ name: String?) -> String { name.map { " Did you mean '\($0)'?" } ?? "" }

  private func inWords(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }

  private func orInWords(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.joined() }
    return names.dropLast().joined(separator: ", ") + " or " + last
  }

  private func withSpace(_ key: String) -> String {
    key.shortened.split(separator: ":", maxSplits: 1).joined(separator: ": ")
  }
}
