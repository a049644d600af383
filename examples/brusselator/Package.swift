// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "brusselator",
  dependencies: [
    // In a project of your own: .package(url: "https://…/flowmap", from: "0.1.0")
    .package(name: "flowmap", path: "../..")
  ],
  targets: [
    .executableTarget(name: "brusselator", dependencies: [.product(name: "Flowmap", package: "flowmap")])
  ]
)
