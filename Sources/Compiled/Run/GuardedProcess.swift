import Foundation
import Glibc
import Synchronization

/// A program that is run to its end together with all that it starts, in a process group of its own.
///
/// A compiler's driver leaves its passes alone when it is killed, and nobody is left to end them when this process is killed. So
/// the group has a guard: a shell that waits for a pipe whose other end only this process holds, and kills the group when that
/// end is closed, by whatever.
struct GuardedProcess: ~Copyable {
  struct StartFailure: Error {
    var reason: String
  }

  enum Outcome {
    case exited(code: Int, output: String)
    /// By a signal.
    case killed(output: String)
    case stopped
  }

  private let group: pid_t
  /// Open as long as the group may live.
  private let life: CInt
  private let output: CInt

  /// Standard input is the guard's pipe. The guard is ended, and waited for, before the shell leaves with the program's code.
  private static let script = """
    exec 3<&0 </dev/null
    { read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 &
    guard=$!
    "$@" 3<&-
    code=$?
    exec >/dev/null 2>&1
    kill $guard
    wait $guard
    exit $code
    """

  /// Starts a program, by its path, with its arguments.
  /// - Throws: `StartFailure` with the system's reason.
  init(_ command: [String]) throws(StartFailure) {
    let started: Result<(group: pid_t, life: CInt, output: CInt), StartFailure> = Self.starts.withLock { _ in
      do throws(StartFailure) { return .success(try Self.start(command)) } catch { return .failure(error) }
    }
    (group, life, output) = try started.get()
  }

  /// One start at a time: none inherits the ends of another's pipes that are not yet marked to be closed.
  private static let starts = Mutex(())

  private static func start(_ command: [String]) throws(StartFailure) -> (group: pid_t, life: CInt, output: CInt) {
    let life = try pipe()
    defer { close(life.reading) }
    let output: (reading: CInt, writing: CInt)
    do {
      output = try pipe()
    } catch {
      close(life.writing)
      throw error
    }
    defer { close(output.writing) }
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_adddup2(&files, life.reading, 0)
    posix_spawn_file_actions_adddup2(&files, output.writing, 1)
    posix_spawn_file_actions_adddup2(&files, output.writing, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var arguments: [UnsafeMutablePointer<CChar>?] = (["sh", "-c", script, "sh"] + command).map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let problem = posix_spawn(&process, "/bin/sh", &files, &attributes, arguments, environ)
    guard problem == 0 else {
      close(life.writing)
      close(output.reading)
      throw StartFailure(reason: "/bin/sh: \(String(cString: strerror(problem)))")
    }
    return (process, life.writing, output.reading)
  }

  /// A pipe that programs started from here do not inherit.
  private static func pipe() throws(StartFailure) -> (reading: CInt, writing: CInt) {
    var ends: [CInt] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw StartFailure(reason: String(cString: strerror(errno))) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Waits for the end, looking fifty times a second whether it is to be stopped.
  consuming func outcome(isStopped: () -> Bool) -> Outcome {
    defer {
      close(output)
      close(life)
    }
    var said: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      if isStopped() {
        kill(-group, SIGKILL)
        _ = status()
        return .stopped
      }
      var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 20) > 0 else { continue }
      let count = read(output, &buffer, buffer.count)
      if count > 0 {
        said += buffer[..<count]
      } else if count == 0 || errno != EINTR {
        break
      }
    }
    let (code, text) = (status(), String(decoding: said, as: UTF8.self))
    // What the macros of <sys/wait.h> say, which Swift does not see.
    let signal = code & 0x7f
    if signal != 0 { return .killed(output: text.isEmpty ? "it was killed by signal \(signal)" : text) }
    return .exited(code: Int(code >> 8) & 0xff, output: text)
  }

  private func status() -> CInt {
    var status: CInt = 0
    while waitpid(group, &status, 0) < 0 && errno == EINTR {}
    return status
  }
}
