import Testing

@testable import Jobs

/// Names that results get without the user's choice.
@Suite struct StoredNamesTests {
  @Test func aStartThatIsStoredUnderATakenNameIsToldWithItsLine() throws {
    let document = try job(
      """
      name: clash
      model:
        parameters: {x_start: 1}
        states: {x: {start: x_start, rate: -x}}
      solve: {until: 1}
      vary:
        x.start: {values: [1, 2]}
        x_start: {values: [1, 2]}
      outputs: {left: final(x)}
      """)
    #expect {
      _ = try SweepPlan(document)
    } throws: { error in
      "\(error)".hasPrefix("jobs/test.yaml:7: vary.x.start: is stored as 'x_start'")
    }
  }
}
