// swift-tools-version: 6.2
import PackageDescription

/// Warnings stop a build in CI only: a newer compiler's new warning must not stop a user's build.
let warnings: [SwiftSetting] =
    Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]
let swift: [SwiftSetting] = warnings + [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
/// For the targets that touch raw memory: every unsafe expression is marked where it stands.
let swiftWithRawMemory: [SwiftSetting] = swift + [.strictMemorySafety()]

let package = Package(
    name: "cosplan",
    products: [
        .library(name: "PlanCore", targets: ["PlanCore"]),
        .library(name: "PlanFiles", targets: ["PlanFiles"]),
        .library(name: "COSProtocol", targets: ["COSProtocol"]),
        .library(name: "PlanManifest", targets: ["PlanManifest"]),
    ],
    targets: [
        // Layer 0: system libraries and C.
        .systemLibrary(
            name: "CLibCrypto", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CLibYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
        .target(name: "CFiles"),
        // Layer 1: values and rules.
        .target(name: "PlanCore", swiftSettings: swift),
        // Layer 2: files, manifests and what the service says.
        .target(name: "PlanFiles", dependencies: ["PlanCore", "CFiles"], swiftSettings: swiftWithRawMemory),
        .target(
            name: "COSProtocol", dependencies: ["PlanCore", "CLibCrypto"], swiftSettings: swiftWithRawMemory),
        .target(
            name: "PlanManifest", dependencies: ["PlanCore", "CLibYAML"], swiftSettings: swiftWithRawMemory),
        // Tests.
        .testTarget(name: "PlanCoreTests", dependencies: ["PlanCore"], swiftSettings: swift),
        .testTarget(
            name: "PlanFilesTests", dependencies: ["PlanCore", "PlanFiles"], swiftSettings: swift),
        .testTarget(
            name: "COSProtocolTests", dependencies: ["COSProtocol", "PlanCore"], swiftSettings: swift),
        .testTarget(
            name: "PlanManifestTests", dependencies: ["PlanCore", "PlanManifest"], swiftSettings: swift),
    ]
)
