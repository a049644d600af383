import Foundation

/// The libraries of a GPU, which no backend of this version uses. That there are none is no fault.
enum CUDACheck {
  private typealias Start = @convention(c) (UInt32) -> Int32
  private typealias Number = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
  private typealias Numbers = @convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Int32

  static var findings: [Finding] { [driver, compiler] }

  private static var driver: Finding {
    guard let library = open(["libcuda.so.1", "libcuda.so"]) else {
      return .ok("GPU", "no CUDA driver, and none is needed")
    }
    defer { dlclose(library) }
    guard let start = dlsym(library, "cuInit"), let version = dlsym(library, "cuDriverGetVersion"),
      let count = dlsym(library, "cuDeviceGetCount")
    else { return .note("GPU", "the CUDA driver cannot be asked") }
    var (number, devices): (Int32, Int32) = (0, 0)
    let status = unsafeBitCast(start, to: Start.self)(0)
    guard status == 0, unsafeBitCast(version, to: Number.self)(&number) == 0,
      unsafeBitCast(count, to: Number.self)(&devices) == 0
    else { return .note("GPU", "there is a CUDA driver, but it does not start (error \(status))") }
    let words = "CUDA driver for \(number / 1000).\(number % 1000 / 10), \(Terminal.count(Int(devices), "device"))"
    return .ok("GPU", words + "; not used yet")
  }

  private static var compiler: Finding {
    guard let library = open(["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"]) else {
      return .ok("GPU", "no NVRTC, and none is needed")
    }
    defer { dlclose(library) }
    var (major, minor): (Int32, Int32) = (0, 0)
    guard let version = dlsym(library, "nvrtcVersion"), unsafeBitCast(version, to: Numbers.self)(&major, &minor) == 0
    else { return .note("GPU", "NVRTC does not say its version") }
    return .ok("GPU", "NVRTC \(major).\(minor); not used yet")
  }

  private static func open(_ names: [String]) -> UnsafeMutableRawPointer? {
    names.lazy.compactMap { dlopen($0, RTLD_NOW | RTLD_LOCAL) }.first
  }
}
