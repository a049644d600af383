import Testing

/// The built tool, run as a user does. One test at a time, as most start several processes.
@Suite(.serialized) struct CommandTests {}
