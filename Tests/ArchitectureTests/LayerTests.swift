import Testing

/// The layers of the package: the exact imports of each target.
///
/// Dependencies point downwards only.
@Suite("Layers")
struct LayerTests {
    private struct Target {
        let layer: Int
        /// Targets of the package that it imports.
        var ours: Set<String> = []
        /// Products of other packages that it imports.
        var products: Set<String> = []
        /// Modules of the toolchain and the system; `Glibc` stands for the C library of any platform.
        var system: Set<String> = []
    }

    private static let targets: [String: Target] = [
        "PlanCore": Target(layer: 1),
        "ByteDigests": Target(layer: 1, ours: ["CCRC64", "CLibCrypto"]),
        "PlanFiles": Target(layer: 2, ours: ["PlanCore", "CFiles"], system: ["Glibc", "Synchronization"]),
        "PlanManifest": Target(layer: 2, ours: ["PlanCore", "CLibYAML"]),
        "ServiceCore": Target(layer: 2, ours: ["PlanCore", "CLibCrypto"]),
        "XMLProtocol": Target(layer: 2, ours: ["PlanCore", "ByteDigests", "ServiceCore", "CLibExpat"]),
        "COSProtocol": Target(layer: 2, ours: ["PlanCore", "ServiceCore"]),
        "PlanDigest": Target(
            layer: 3, ours: ["PlanCore", "ByteDigests", "PlanFiles", "CSHA1Lanes", "CLibCrypto"],
            system: ["Glibc", "Synchronization"]),
        "COSUpload": Target(
            layer: 4,
            ours: [
                "PlanCore", "ByteDigests", "PlanFiles", "PlanDigest", "ServiceCore", "COSProtocol",
                "XMLProtocol", "CCurlHook",
            ],
            system: ["Foundation", "FoundationNetworking", "Dispatch", "Glibc", "Synchronization"]),
        "COSEmulator": Target(
            layer: 4,
            ours: ["PlanCore", "ByteDigests", "ServiceCore", "COSProtocol", "XMLProtocol", "CLibCrypto"],
            products: ["NIOCore", "NIOPosix", "NIOHTTP1"], system: ["Glibc", "Synchronization"]),
        "CosplanKit": Target(
            layer: 5,
            ours: [
                "PlanCore", "PlanFiles", "PlanManifest", "PlanDigest", "ServiceCore", "COSProtocol",
                "XMLProtocol", "COSUpload",
            ], system: ["Foundation"]),
        "cosplan": Target(
            layer: 6,
            ours: [
                "PlanCore", "PlanFiles", "PlanManifest", "ServiceCore", "COSProtocol", "PlanDigest",
                "XMLProtocol", "COSUpload", "COSEmulator", "CosplanKit", "ByteDigests", "CVersion",
            ],
            products: ["ArgumentParser"], system: ["Foundation", "Synchronization"]),
    ]

    /// Layer 0: the headers that C targets include besides their own.
    private static let cTargets: [String: Set<String>] = [
        "CFiles": [
            "<dirent.h>", "<errno.h>", "<fcntl.h>", "<malloc.h>", "<pthread.h>", "<signal.h>",
            "<stdatomic.h>", "<stdbool.h>", "<stddef.h>", "<stdint.h>", "<string.h>", "<sys/mman.h>",
            "<sys/syscall.h>",
            "<sys/uio.h>", "<sys/vfs.h>", "<unistd.h>",
        ],
        "CCurlHook": [
            "<dlfcn.h>", "<elf.h>", "<errno.h>", "<link.h>", "<linux/sockios.h>", "<linux/tcp.h>",
            "<malloc.h>", "<netinet/in.h>", "<pthread.h>", "<stdarg.h>", "<stdatomic.h>", "<stdbool.h>",
            "<stddef.h>", "<stdint.h>", "<stdlib.h>", "<string.h>", "<sys/ioctl.h>", "<sys/mman.h>",
            "<sys/socket.h>", "<unistd.h>",
        ],
        "CVersion": [],
        "CSHA1Lanes": [
            "<cpuid.h>", "<immintrin.h>", "<stdbool.h>", "<stddef.h>", "<stdint.h>", "<string.h>",
        ],
        "CCRC64": ["<immintrin.h>", "<stdbool.h>", "<stddef.h>", "<stdint.h>"],
        "CLibCrypto": [
            "<openssl/crypto.h>", "<openssl/evp.h>", "<openssl/hmac.h>", "<openssl/md5.h>", "<openssl/sha.h>",
        ],
        "CLibYAML": ["<yaml.h>"],
        "CLibExpat": ["<expat.h>"],
    ]

    @Test("every folder of Sources is a target of the tables")
    func everyTargetIsListed() throws {
        #expect(try SourceTree.targetNames() == Set(Self.targets.keys).union(Self.cTargets.keys))
    }

    @Test(
        "a target imports what the table says, all of it and nothing else", arguments: targets.keys.sorted())
    func imports(name: String) throws {
        let target = try #require(Self.targets[name])
        let found = try SourceTree.imports(of: name)
        #expect(found == target.ours.union(target.products).union(target.system))
        #expect(SourceTree.files(of: name, ["c", "h", "inc"]).isEmpty)
    }

    @Test("a C target includes its own headers and what the table says", arguments: cTargets.keys.sorted())
    func includes(name: String) throws {
        let own = SourceTree.files(of: name, ["h", "inc"]).map { "\"\($0.lastPathComponent)\"" }
        #expect(try SourceTree.includes(of: name).subtracting(own) == Self.cTargets[name])
        #expect(try SourceTree.imports(of: name).isEmpty)
    }

    @Test("the landing page lists every folder of Sources, each with a sentence")
    func landingPage() throws {
        let page = SourceTree.root.appending(path: "Sources/cosplan/cosplan.docc/cosplan.md")
        var listed: Set<String> = []
        var target = ""
        for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") {
            guard let row = line.wholeMatch(of: /( *)- `(\w+)`: (.+\.)/) else { continue }
            if row.output.1.isEmpty { target = String(row.output.2) }
            listed.insert(row.output.1.isEmpty ? target : "\(target)/\(row.output.2)")
        }
        var folders = try SourceTree.targetNames()
        for name in folders { folders.formUnion(try SourceTree.rooms(of: name).map { "\(name)/\($0)" }) }
        #expect(listed == folders)
    }

    @Test("Package.swift lets a target depend on what the table says, all of it and nothing else")
    func packageDependencies() throws {
        let package = try PackageText()
        for (name, target) in Self.targets {
            #expect(package.targets[name] == target.ours.union(target.products), "\(name)")
        }
        for name in Self.cTargets.keys { #expect(package.targets[name] == [], "\(name)") }
        let others = Set(package.targets.keys).subtracting(Self.targets.keys).subtracting(Self.cTargets.keys)
        #expect(others.allSatisfy { $0.hasSuffix("Tests") || $0 == "CSHA1LanesPortable" }, "\(others)")
        #expect(package.packages == ["swift-argument-parser", "swift-nio", "swift-docc-plugin"])
    }

    @Test("Package.swift is read with products, comments and tests told apart")
    func packageText() {
        let package = PackageText(
            """
            dependencies: [.package(url: "https://a/swift-x", from: "1.0.0")],
            targets: [
                .target(name: "A"),
                .testTarget(name: "ATests", dependencies: ["A", .product(name: "X", package: "swift-x")],
                    exclude: ["b.py"], swiftSettings: [.define("C")]),
            ]
            """)
        #expect(package.targets == ["A": [], "ATests": ["A", "X"]])
        #expect(package.packages == ["swift-x"])
    }

    @Test("the tables' own arrows point down; ServiceCore, which the protocols share, lies below its layer")
    func arrowsPointDown() {
        for (name, target) in Self.targets {
            for module in target.ours where module != "ServiceCore" || target.layer != 2 {
                let layer = Self.cTargets[module] == nil ? Self.targets[module]?.layer : 0
                #expect(layer.map { $0 < target.layer } == true, "\(name) imports \(module)")
            }
        }
    }

    @Test(
        "one target alone imports it",
        arguments: [
            ("FoundationNetworking", "COSUpload"), ("NIOCore", "COSEmulator"), ("NIOPosix", "COSEmulator"),
            ("NIOHTTP1", "COSEmulator"), ("CLibYAML", "PlanManifest"), ("CLibExpat", "XMLProtocol"),
            ("CSHA1Lanes", "PlanDigest"), ("CFiles", "PlanFiles"), ("CCurlHook", "COSUpload"),
            ("ArgumentParser", "cosplan"),
        ])
    func oneTargetAlone(module: String, target: String) throws {
        let importers = try Self.targets.keys.filter { try SourceTree.imports(of: $0).contains(module) }
        #expect(importers == [target])
    }

    @Test("the core imports nothing at all")
    func coreImportsNothing() throws {
        #expect(try SourceTree.imports(of: "PlanCore").isEmpty)
    }

    @Test(
        "one word names one type: no type is named like another target's type, unless both stand in other types"
    )
    func namesAreUnique() throws {
        let types = try Self.targets.keys.flatMap { try DeclaredType.all(in: $0) }
        for (name, namesakes) in Dictionary(grouping: types, by: \.name)
        where namesakes.contains(where: \.isTopLevel) {
            let targets = Set(namesakes.map(\.target))
            #expect(targets.count == 1, "\(name) is in \(targets.sorted())")
        }
    }

    @Test("only the command target prints, ends the process or reads its environment")
    func onlyTheCommandPrints() throws {
        let calls = [
            "print(", "exit(", "fputs(", "debugPrint(", "abort()", "getenv(", "processInfo.environment",
        ]
        for name in Self.targets.keys where name != "cosplan" {
            for file in SourceTree.files(of: name, ["swift"]) {
                for line in try SourceTree.code(of: file) {
                    let words = line.split { !($0.isLetter || "().".contains($0)) }
                    for call in calls {
                        #expect(
                            !words.contains { $0.hasPrefix(call) || $0.contains(".\(call)") },
                            "\(file.lastPathComponent): \(line)")
                    }
                }
            }
        }
    }
}
