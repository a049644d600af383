import Archive
import Foundation
import Logging

/// A rank's own file of log lines, `logs/rank-0000.log` in the results folder, made when there is a first line.
///
/// The terminal shows one message of a run. What each rank has met on its own stands here.
struct RankLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  private let file: LogFile

  /// - Parameter folder: the results folder.
  static func logger(rank: Int, folder: String, level: Logger.Level) -> Logger {
    let number = String(repeating: "0", count: max(0, 4 - "\(rank)".count)) + "\(rank)"
    let file = LogFile(folder: folder + "/" + ResultsFolder.logsName, name: "rank-\(number).log")
    return Logger(label: "flowmap") { _ in RankLog(logLevel: level, file: file) }
  }

  private init(logLevel: Logger.Level, file: LogFile) { (self.logLevel, self.file) = (logLevel, file) }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Date().formatted(.iso8601)
    file.write("\(time) \(event.level) \(event.message)")
  }
}

/// A file that grows by whole lines. What cannot be written is lost: a log is no reason to fail.
private final class LogFile: @unchecked Sendable {
  private let folder: String
  private let name: String
  private let lock = NSLock()
  private var file: FileHandle?

  init(folder: String, name: String) { (self.folder, self.name) = (folder, name) }

  func write(_ line: String) {
    lock.withLock {
      if file == nil {
        mkdir(folder, 0o777)
        let descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        if descriptor >= 0 { file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true) }
      }
      if let file { Terminal.write(line.split(separator: "\n").joined(separator: "\n  ") + "\n", to: file) }
    }
  }
}
