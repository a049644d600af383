// swift-tools-version: 6.1
import PackageDescription

// The arrows of the house: a target depends only on targets listed above it (docs/architecture.md).
let package = Package(
  name: "flowmap",
  products: [
    .library(
      name: "Flowmap",
      targets: [
        "Programs", "Differentiation", "Execution", "Batched", "Compiled", "DifferentiableSwift",
        "Dynamics", "Sampling", "Cluster", "Archive", "Jobs", "FlowmapCommand",
      ]),
    .executable(name: "flowmap", targets: ["flowmap"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-atomics", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C libraries: one module map and one shim header each, declarations only.
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5-openmpi", providers: [.apt(["libhdf5-openmpi-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),

    .target(name: "Programs", dependencies: [.product(name: "RealModule", package: "swift-numerics")]),
    .target(name: "Differentiation", dependencies: ["Programs"], exclude: ["README.md"]),
    .target(name: "Execution", dependencies: ["Programs"]),
    // Written in C, as it is compiled for several instruction sets at once.
    .target(name: "CProducts", exclude: ["kernel.inc"]),
    .target(
      name: "Batched",
      dependencies: [
        "Programs", "Execution", "COpenBLAS", "CProducts", .product(name: "RealModule", package: "swift-numerics"),
      ]),
    .target(name: "Compiled", dependencies: ["Programs", "Execution"]),
    .target(name: "DifferentiableSwift", dependencies: ["Programs", "Differentiation", "Execution"]),
    .target(name: "Dynamics", dependencies: ["Programs", "Differentiation"]),
    .target(name: "Sampling"),
    .target(
      name: "Cluster",
      dependencies: [
        "CMPI", "CHDF5", .product(name: "Atomics", package: "swift-atomics"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(name: "Archive", dependencies: ["CHDF5", "CXXHash", "Cluster"], exclude: ["README.md"]),
    .target(
      name: "Jobs",
      dependencies: [
        "Programs", "Differentiation", "Execution", "Dynamics", "Sampling", "Cluster", "Archive", "Yams",
        .product(name: "OrderedCollections", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(
      name: "FlowmapCommand",
      dependencies: [
        "Programs", "Differentiation", "Execution", "Batched", "Compiled", "Dynamics", "Sampling", "Cluster", "Archive",
        "Jobs",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(name: "flowmap", dependencies: ["FlowmapCommand"]),
    // The sources of the example package, so that they are built and run with the tests.
    .executableTarget(
      name: "brusselator", dependencies: ["FlowmapCommand", "Jobs", "Programs"],
      path: "examples/brusselator/Sources/brusselator"),
    .executableTarget(
      name: "taylor-sine", dependencies: ["Programs", "Compiled", "DifferentiableSwift"], path: "examples/taylor-sine"),
    .executableTarget(
      name: "sensitivities",
      dependencies: ["Programs", "Differentiation", "Execution", "Compiled", "DifferentiableSwift", "Dynamics"],
      path: "examples/sensitivities"),
    .executableTarget(
      name: "oscillator-chain", dependencies: ["Programs", "Compiled", "DifferentiableSwift"],
      path: "examples/oscillator-chain"),
    .executableTarget(
      name: "trebuchet", dependencies: ["Programs", "Compiled", "DifferentiableSwift", "Dynamics"],
      path: "examples/trebuchet"),
    .executableTarget(
      name: "benchmarks",
      dependencies: ["Programs", "Differentiation", "Execution", "Batched", "Compiled", "Dynamics"], path: "Benchmarks",
      exclude: ["yardsticks"]),

    .testTarget(name: "ProgramsTests", dependencies: ["Programs"]),
    .testTarget(
      name: "DifferentiationTests",
      dependencies: ["Programs", "Differentiation", "Execution", "Batched", "Compiled", "Dynamics"]),
    .testTarget(
      name: "DifferentiableSwiftTests",
      dependencies: ["DifferentiableSwift", "Programs", "Execution", "Batched", "Compiled", "Dynamics"]),
    .testTarget(
      name: "ExecutionTests",
      dependencies: ["COpenBLAS", "CProducts", "Programs", "Differentiation", "Execution", "Batched", "Compiled"]),
    .testTarget(
      name: "DynamicsTests", dependencies: ["Programs", "Execution", "Batched", "Compiled", "Dynamics"],
      resources: [.copy("Resources")]),
    .testTarget(name: "SamplingTests", dependencies: ["Sampling"], resources: [.copy("Resources")]),
    // A small ensemble with known results, and the program that the tests start under mpirun.
    .target(name: "KnownEnsemble", dependencies: ["Archive", "Cluster"], path: "Tests/KnownEnsemble"),
    .executableTarget(
      name: "RankProbe", dependencies: ["CMPI", "Archive", "Cluster", "KnownEnsemble"], path: "Tests/RankProbe"),
    .testTarget(name: "ClusterTests", dependencies: ["Cluster", "KnownEnsemble", "RankProbe"]),
    .testTarget(name: "ArchiveTests", dependencies: ["Archive", "Cluster", "KnownEnsemble", "RankProbe"]),
    .testTarget(
      name: "JobsTests",
      dependencies: ["Jobs", "Programs", "Execution", "Batched", "Compiled", "Dynamics", "Sampling", "Archive"],
      exclude: ["Resources"]),
    .testTarget(
      name: "CommandTests",
      dependencies: ["flowmap", "brusselator", "taylor-sine", "sensitivities", "oscillator-chain", "trebuchet"]),
  ]
)
