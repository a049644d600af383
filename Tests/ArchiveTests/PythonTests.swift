import Archive
import Foundation
import KnownEnsemble
import Testing

/// The merged file as its users see it: through xarray, h5netcdf, netCDF4 and h5py, with warnings as errors.
@Suite struct PythonTests {
  @Test(
    .enabled(if: Python.hasReaders, "SKIPPED: pip could not install xarray, h5netcdf, netCDF4 and h5py"),
    arguments: ["owned", "members", "slices", "virtual"])
  func mergedFilesOpenInPythonWithoutAnyKeyword(storage: String) throws {
    let scratch = try Scratch()
    // A job text above the 64 kB that an HDF5 attribute usually holds, and beyond ASCII.
    let text = String(repeating: "größe: [1, 2, 3] # µ\n", count: 5000)
    let ensemble = try KnownEnsemble(members: 1003, chunkSize: 50, text: text)
    try ensemble.run(into: scratch("r"), workers: 3, on: .init())
    let folder = try ResultsFolder(reading: scratch("r"))
    if storage == "virtual" {
      try folder.mergeVirtually(to: scratch("out.h5"), on: .init())
    } else {
      let pieces = MergeOptions.Pieces(rawValue: storage)
      let options = MergeOptions(compression: pieces == nil ? .none : .gzip(level: 1), pieces: pieces ?? .members)
      try folder.merge(to: scratch("out.h5"), options: options, on: .init())
    }
    try text.write(toFile: scratch("job.txt"), atomically: true, encoding: .utf8)
    let outcome = try Python.run(Self.script, [scratch("out.h5"), scratch("job.txt"), storage])
    #expect(outcome.status == 0, "\(outcome.text)")
    #expect(outcome.text == "all readers agree\n")
  }

  /// Unidata's own tool, of the library that defines the format.
  @Test(
    .enabled(if: Python.hasNcdump, "SKIPPED: ncdump is not installed (Debian: netcdf-bin)"),
    arguments: ["owned", "members", "virtual"])
  func ncdumpShowsMergedFilesWithoutWarning(storage: String) throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 1003, chunkSize: 50)
    try ensemble.run(into: scratch("r"), on: .init())
    let folder = try ResultsFolder(reading: scratch("r"))
    if storage == "virtual" {
      try folder.mergeVirtually(to: scratch("out.h5"), on: .init())
    } else {
      let options = MergeOptions(compression: storage == "members" ? .gzip(level: 1) : .none)
      try folder.merge(to: scratch("out.h5"), options: options, on: .init())
    }
    // Warnings come on standard error, which is part of this text.
    let outcome = try Python.execute(["ncdump", "-c", scratch("out.h5")])
    #expect(outcome.status == 0, "\(outcome.text)")
    let lines = Set(outcome.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
    for line in [
      "netcdf out {", "member = 1003 ;", "time = 5 ;", "cell = 3 ;", "int64 member(member) ;", "double time(time) ;",
      "double rho(member) ;", "double x(member, time) ;", "float u(member, time, cell) ;", "int steps(member) ;",
      "byte status(member) ;", "x:units = \"µm\" ;", "x:coordinates = \"rho\" ;", "x:_FillValue = NaN ;",
      "time:units = \"s\" ;", "status:flag_meanings = \"success not_finite\" ;", "status:flag_values = 0b, 1b ;",
      "time = 0, 0.25, 0.5, 0.75, 1 ;",
    ] {
      #expect(lines.contains(line), "\(line): \(outcome.text.prefix(4000))")
    }
    let first = outcome.text.split(separator: "\n").first ?? ""
    #expect(first == "netcdf out {" && outcome.text.hasSuffix("}\n"), "nothing but the file: \(first)")
    // All data can be read, not only the head.
    let data = try Python.execute(["ncdump", "-v", "x,status", scratch("out.h5")])
    #expect(data.status == 0 && data.text.contains("12, 12.0625, 12.125, 12.1875, 12.25,"), "\(data.text.suffix(400))")
  }

  @Test(
    .enabled(if: Python.hasReaders, "SKIPPED: pip could not install xarray, h5netcdf, netCDF4 and h5py"),
    arguments: ["owned", "virtual"])
  func membersThatAreMissingReadAsMissing(storage: String) throws {
    let scratch = try Scratch()
    let ensemble = try KnownEnsemble(members: 1003, chunkSize: 50)
    try ensemble.run(into: scratch("r"), on: .init())
    try flipBit(in: scratch("r/shard-0001-node0000.h5"), at: ensemble.chunk(7)[1])
    let (folder, gap) = (
      try ResultsFolder(reading: scratch("r")), MergeOptions.Gap(variable: "status", value: -1, meaning: "missing")
    )
    if storage == "virtual" {
      try folder.mergeVirtually(to: scratch("out.h5"), gap: gap, on: .init())
    } else {
      try folder.merge(to: scratch("out.h5"), options: MergeOptions(gap: gap), on: .init())
    }
    let outcome = try Python.run(Self.gapScript, [scratch("out.h5")])
    #expect(outcome.status == 0, "\(outcome.text)")
    #expect(outcome.text == "gaps are gaps\n")
  }

  private static let gapScript = """
    import sys, warnings
    warnings.simplefilter("error")
    import numpy as np, xarray as xr
    gap = (np.arange(1003) >= 350) & (np.arange(1003) < 400)
    for engine in ["h5netcdf", "netcdf4"]:
        with xr.open_dataset(sys.argv[1], engine=engine) as ds:
            assert ds.attrs["flowmap_missing_members"] == 50
            assert ds.status.attrs["flag_meanings"] == "success not_finite missing"
            assert list(ds.status.attrs["flag_values"]) == [0, 1, -1]
            np.testing.assert_array_equal(ds.status == -1, gap)
            for name in ["rho", "steps", "seed"]:
                np.testing.assert_array_equal(np.isnan(ds[name]), gap)
            np.testing.assert_array_equal(np.isnan(ds.u).all(["time", "cell"]), gap)
            np.testing.assert_array_equal(ds.member, np.arange(1003))
    print("gaps are gaps")
    """

  private static let script = """
    import pathlib, sys, warnings
    warnings.simplefilter("error")
    import h5netcdf, h5py, netCDF4, numpy as np, xarray as xr
    path, text = sys.argv[1], pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")
    member = np.arange(1003)
    x = member[:, None] + np.arange(5) / 16.0
    x[member % 10 == 7] = np.nan
    u = (member[:, None, None] + (np.arange(5)[:, None] * 8 + np.arange(3)) / 64).astype("f4")
    for engine in [None, "h5netcdf", "netcdf4"]:
        with xr.open_dataset(path, engine=engine) as ds:
            assert dict(ds.sizes) == {"member": 1003, "time": 5, "cell": 3}, ds.sizes
            assert set(ds.coords) == {"member", "time", "rho"}, ds.coords
            assert set(ds.data_vars) == {"x", "u", "steps", "seed", "status"}, ds.data_vars
            assert ds.u.dims == ("member", "time", "cell")
            assert ds.member.dtype == np.int64 and (ds.member == member).all()
            np.testing.assert_array_equal(ds.rho, member * 0.5)
            np.testing.assert_array_equal(ds.time, np.arange(5) / 4)
            np.testing.assert_array_equal(ds.x, x)
            np.testing.assert_array_equal(ds.u, u)
            np.testing.assert_array_equal(ds.steps, member % 1000)
            np.testing.assert_array_equal(ds.seed, member << 33)
            np.testing.assert_array_equal(ds.status, member % 10 == 7)
            assert ds.x.attrs["units"] == "µm" and ds.time.attrs["units"] == "s", ds.x.attrs
            assert ds.status.attrs["flag_meanings"] == "success not_finite"
            assert ds.status.attrs["flag_values"].dtype == np.int8
            assert ds.attrs["job"] == text and ds.attrs["seed"] == 42 and ds.attrs["tolerance"] == 1e-8
            assert float(ds.x.sel(member=12, time=0.5)) == 12.125
    with h5netcdf.File(path, "r") as file:
        assert file.variables["u"].dimensions == ("member", "time", "cell")
    with netCDF4.Dataset(path) as file:
        assert file.data_model == "NETCDF4" and file["u"].dimensions == ("member", "time", "cell")
        assert list(file.variables) == ["member", "time", "rho", "x", "u", "steps", "seed", "status"]
        assert np.isnan(file["x"]._FillValue) and file["u"]._FillValue.dtype == np.float32
    with h5py.File(path, "r") as file:
        assert [d[0].name for d in file["u"].dims] == ["/member", "/time", "/cell"]
        assert file["x"].is_virtual == (sys.argv[3] == "virtual")
        assert file["x"].compression == ("gzip" if sys.argv[3] in ("members", "slices") else None)
    print("all readers agree")
    """
}

/// A Python with the packages that read results, kept beside the build.
enum Python {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".build-python").path

  static let hasReaders: Bool = {
    let probe = "import xarray, h5netcdf, netCDF4, h5py"
    if (try? run(probe, []).status) == 0 { return true }
    let packages = ["xarray", "h5netcdf", "netCDF4", "h5py"]
    _ = try? execute(["python3", "-m", "venv", folder])
    _ = try? execute([folder + "/bin/pip", "install", "--quiet"] + packages)
    return (try? run(probe, []).status) == 0
  }()

  static func run(_ script: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
    try execute([folder + "/bin/python", "-c", script] + arguments)
  }

  static let hasNcdump = (try? execute(["sh", "-c", "command -v ncdump"]).status) == 0

  static func execute(_ command: [String]) throws -> (status: Int32, text: String) {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }
}
