// swift-tools-version: 6.2
// Linux with glibc only: the code depends on openat2 and on linking files by descriptor.
import PackageDescription

/// Warnings are errors in CI only: a new warning of a newer compiler must not break a user's build.
let warnings: [SwiftSetting] =
    Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]
/// The C library checks the lengths it is given, where compilers optimize.
let hardened: [CSetting] = [.define("_FORTIFY_SOURCE", to: "2", .when(configuration: .release))]
/// What `--version` says beside the number; the package's build sets it.
let commit: [CSetting] =
    Context.environment["COSPLAN_COMMIT"].map {
        [.define("COSPLAN_COMMIT", to: "\"\($0)\"")]
    } ?? []
/// libcurl is loaded with the first request instead of at the start: for static executables, by the package's build.
let lateCurl: [CSetting] =
    Context.environment["COSPLAN_LATE_CURL"] == nil ? [] : [.define("COSPLAN_LATE_CURL")]
let swift: [SwiftSetting] = warnings + [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
/// For targets with raw memory: every unsafe expression must be marked.
let swiftWithRawMemory: [SwiftSetting] = swift + [.strictMemorySafety()]

/// What builds the catalogues, in CI: nobody else fetches it.
let documentation: [Package.Dependency] =
    Context.environment["COSPLAN_DOCUMENTATION"] == nil
    ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")]

let package = Package(
    name: "cosplan",
    products: [
        .executable(name: "cosplan", targets: ["cosplan"]),
        // The front door: planning, checking and uploading. The others are for those who want less.
        .library(name: "CosplanKit", targets: ["CosplanKit"]),
        .library(name: "PlanCore", targets: ["PlanCore"]),
        .library(name: "PlanFiles", targets: ["PlanFiles"]),
        .library(name: "ServiceCore", targets: ["ServiceCore"]),
        .library(name: "COSProtocol", targets: ["COSProtocol"]),
        .library(name: "XMLProtocol", targets: ["XMLProtocol"]),
        .library(name: "PlanManifest", targets: ["PlanManifest"]),
        .library(name: "PlanDigest", targets: ["PlanDigest"]),
        .library(name: "COSUpload", targets: ["COSUpload"]),
        .library(name: "COSEmulator", targets: ["COSEmulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ] + documentation,
    targets: [
        // Layer 0: system libraries and C.
        .systemLibrary(
            name: "CLibCrypto", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CLibYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CLibExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .target(name: "CFiles", cSettings: hardened),
        .target(name: "CVersion", cSettings: commit),
        .target(name: "CCurlHook", cSettings: hardened + lateCurl),
        .target(name: "CSHA1Lanes", exclude: ["lanes.inc"]),
        .target(name: "CCRC64", exclude: ["folding.inc", "pair.inc"]),
        // Layer 1: values and rules; digests of bytes.
        .target(name: "PlanCore", swiftSettings: swift),
        .target(
            name: "ByteDigests", dependencies: ["CCRC64", "CLibCrypto"], swiftSettings: swiftWithRawMemory),
        // Layer 2: files, manifests and the services' protocols.
        .target(name: "PlanFiles", dependencies: ["PlanCore", "CFiles"], swiftSettings: swiftWithRawMemory),
        .target(
            name: "ServiceCore", dependencies: ["PlanCore", "CLibCrypto"], swiftSettings: swiftWithRawMemory),
        .target(
            name: "XMLProtocol", dependencies: ["PlanCore", "ByteDigests", "ServiceCore", "CLibExpat"],
            swiftSettings: swiftWithRawMemory),
        .target(name: "COSProtocol", dependencies: ["PlanCore", "ServiceCore"], swiftSettings: swift),
        .target(
            name: "PlanManifest", dependencies: ["PlanCore", "CLibYAML"], swiftSettings: swiftWithRawMemory),
        // Layer 3: digests and the upload.
        .target(
            name: "PlanDigest",
            dependencies: ["PlanCore", "ByteDigests", "PlanFiles", "CSHA1Lanes", "CLibCrypto"],
            swiftSettings: swiftWithRawMemory),
        .target(
            name: "COSUpload",
            dependencies: [
                "PlanCore", "ByteDigests", "PlanFiles", "PlanDigest", "ServiceCore", "COSProtocol",
                "XMLProtocol", "CCurlHook",
            ],
            swiftSettings: swiftWithRawMemory),
        // Layer 4: the emulator of the service.
        .target(
            name: "COSEmulator",
            dependencies: [
                "PlanCore", "ByteDigests", "ServiceCore", "COSProtocol", "XMLProtocol", "CLibCrypto",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: swiftWithRawMemory),
        // Layer 5: the front door.
        .target(
            name: "CosplanKit",
            dependencies: [
                "PlanCore", "PlanFiles", "PlanManifest", "PlanDigest", "ServiceCore", "COSProtocol",
                "XMLProtocol", "COSUpload",
            ], swiftSettings: swift),
        // Layer 6: the command line.
        .executableTarget(
            name: "cosplan",
            dependencies: [
                "PlanCore", "PlanFiles", "PlanManifest", "PlanDigest", "ServiceCore", "COSProtocol",
                "XMLProtocol", "COSUpload", "COSEmulator", "CosplanKit", "ByteDigests", "CVersion",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            // Pages of the documentation, by links, for `cosplan help TOPIC`.
            resources: [
                "ExitStatuses", "Environment", "Examples", "FaultScripts", "FormatOfManifests",
                "VerifyResult",
                "ResultOfPush", "ShowResult", "DiffResult", "ProgressEvents", "ConfigResult", "Profiles",
                "Credentials", "Audit", "WhichAPI", "ManyMachines", "ProxiesAndCertificates",
                "WhatAPlanProves", "PlanningAgain", "SigningElsewhere",
            ].map { Resource.embedInCode("Help/\($0).md") },
            swiftSettings: swift),
        // Tests.
        .testTarget(name: "PlanCoreTests", dependencies: ["PlanCore"], swiftSettings: swift),
        .testTarget(
            name: "ByteDigestsTests", dependencies: ["ByteDigests", "PlanCore"],
            swiftSettings: swiftWithRawMemory),
        .testTarget(
            name: "PlanFilesTests", dependencies: ["PlanCore", "PlanFiles", "CFiles"], swiftSettings: swift),
        .testTarget(
            name: "ServiceCoreTests", dependencies: ["ServiceCore", "PlanCore"], swiftSettings: swift),
        .testTarget(
            name: "XMLProtocolTests",
            dependencies: ["XMLProtocol", "ServiceCore", "ByteDigests", "PlanCore"],
            exclude: ["second_opinion.py"], swiftSettings: swift),
        .testTarget(
            name: "COSProtocolTests", dependencies: ["COSProtocol", "ServiceCore", "PlanCore"],
            swiftSettings: swift),
        .testTarget(
            name: "CommandTests", dependencies: ["cosplan"],
            exclude: [
                "Golden", "boto3_client.py", "object_client.py", "object_store.py", "odd_server.py",
                "seccomp.py",
                "second_opinion.py", "terminal.py",
            ],
            swiftSettings: swift),
        .testTarget(name: "ArchitectureTests", swiftSettings: swift),
        .testTarget(
            name: "DocumentationTests", dependencies: ["CosplanKit", "COSEmulator"], swiftSettings: swift),
        .testTarget(
            name: "PlanManifestTests", dependencies: ["PlanCore", "PlanManifest"], swiftSettings: swift),
        // The source of the 16-lane kernel, compiled for processors without AVX-512.
        .target(name: "CSHA1LanesPortable", path: "Tests/CSHA1LanesPortable"),
        .testTarget(
            name: "CSHA1LanesTests", dependencies: ["CSHA1Lanes", "CSHA1LanesPortable", "CLibCrypto"],
            swiftSettings: swiftWithRawMemory),
        .testTarget(
            name: "CCRC64Tests", dependencies: ["CCRC64"], exclude: ["crc64.py", "vectors.txt"],
            swiftSettings: swiftWithRawMemory),
        .testTarget(
            name: "PlanDigestTests",
            dependencies: [
                "PlanCore", "ByteDigests", "PlanFiles", "PlanDigest", "CSHA1LanesPortable", "CLibCrypto",
            ],
            swiftSettings: swiftWithRawMemory),
        .testTarget(
            name: "COSEmulatorTests",
            dependencies: [
                "COSEmulator", "COSProtocol", "ServiceCore", "PlanCore", "CLibCrypto",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], exclude: ["xml_client.py"],
            swiftSettings: swift),
        .testTarget(
            name: "COSUploadTests",
            dependencies: [
                "ServiceCore", "COSProtocol", "XMLProtocol", "COSUpload", "COSEmulator", "PlanCore",
                "ByteDigests", "PlanDigest", "PlanFiles", "CLibCrypto", "CCurlHook",
            ],
            swiftSettings: swift),
    ]
)
