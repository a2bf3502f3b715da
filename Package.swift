// swift-tools-version: 6.3
import PackageDescription

/// The language rules of every target: Swift 6 mode, the upcoming features and no warnings.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
    .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
    .treatAllWarnings(as: .error),  // SE-0443
]

/// The rules of the targets that touch sockets, libpq and the C library: each unsafe expression is marked (SE-0458).
let guarded: [SwiftSetting] = house + [.strictMemorySafety()]

let package = Package(
    name: "roomcast",
    products: [.executable(name: "App", targets: ["App"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .target(
            name: "Net",
            dependencies: [
                "Rooms", "CZlib",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["CZlib"],
            // The page is part of the executable: nothing to find, or to lose, at run time.
            resources: [
                "chat.html", "chat.css", "chat.js", "chat-actions.js", "chat-answers.js", "chat-changes.js",
                "chat-client.js", "chat-connection.js", "chat-follow.js", "chat-form.js", "chat-history.js",
                "chat-kept.js", "chat-liveness.js", "chat-log.js", "chat-messages.js", "chat-options.js",
                "chat-outbox.js", "chat-outgoing.js", "chat-person.js", "chat-position.js", "chat-quote.js",
                "chat-reactions.js", "chat-reconnect.js", "chat-row.js", "chat-session.js",
                "favicon.svg",
            ].map { .embedInCode("Page/\($0)") },
            swiftSettings: guarded
        ),
        .target(
            name: "Rooms",
            dependencies: [
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "DB",
            dependencies: [
                "Rooms", "CLibPQ",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["CLibPQ", "Migrate/Migrations/README.md"],
            // A link to `migrations/`. The schema is part of the executable, like the page.
            resources: [.embedInCode("Migrate/Migrations")],
            swiftSettings: guarded
        ),
        .systemLibrary(
            name: "CZlib", path: "Sources/Net/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CLibPQ", path: "Sources/DB/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSpawn", path: "Sources/App/ProcessControl/CSpawn"),
        .systemLibrary(name: "CPrivileges", path: "Sources/App/ProcessControl/CPrivileges"),
        .target(
            name: "Configuration",
            dependencies: [
                "Net", "Rooms",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Sources/App/Configuration",
            swiftSettings: house
        ),
        .target(
            name: "Exit", dependencies: [.product(name: "SystemPackage", package: "swift-system")],
            path: "Sources/App/Exit", swiftSettings: house),
        .target(
            name: "Telemetry",
            dependencies: [
                "Exit", "Net", "Rooms", "DB",
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Sources/App/Telemetry",
            swiftSettings: guarded
        ),
        .target(
            name: "ProcessControl",
            dependencies: [
                "Configuration", "Exit", "Net", "Rooms", "Telemetry", "CSpawn", "CPrivileges",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Sources/App/ProcessControl",
            exclude: ["CSpawn", "CPrivileges"],
            swiftSettings: guarded
        ),
        .target(
            name: "LoadClient",
            dependencies: [
                "Configuration", "Exit", "Net", "Rooms", "Telemetry",
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Sources/App/LoadClient",
            swiftSettings: house
        ),
        .executableTarget(
            name: "App",
            dependencies: [
                "Net", "Rooms", "DB", "Configuration", "Exit", "Telemetry", "ProcessControl", "LoadClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Configuration", "Exit", "Telemetry", "ProcessControl", "LoadClient"],
            swiftSettings: house
        ),
        .target(
            name: "TestKit",
            dependencies: [
                "Rooms", "DB",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            path: "Tests/TestKit",
            swiftSettings: house
        ),
        .target(
            name: "Simulator",
            dependencies: [
                "Net", "Rooms",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            path: "Tests/Simulator",
            swiftSettings: house
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Simulator", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/Simulate",
            swiftSettings: house
        ),
        .target(
            name: "Attacks",
            dependencies: ["TestKit", "CZlib", .product(name: "SystemPackage", package: "swift-system")],
            path: "Tests/Attacks", swiftSettings: house),
        .executableTarget(
            name: "attack",
            dependencies: [
                "Attacks", "TestKit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Attack",
            swiftSettings: house
        ),
        .executableTarget(
            name: "wsload",
            path: "Benchmarks/Load",
            cSettings: [.define("_GNU_SOURCE"), .enableWarning("all"), .treatAllWarnings(as: .error)],
            linkerSettings: [.linkedLibrary("z")]
        ),
        .executableTarget(
            name: "Instructions",
            dependencies: [
                "Net", "Rooms", "DB",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Benchmarks/Instructions",
            swiftSettings: house
        ),
        .testTarget(
            name: "RoomsTests",
            dependencies: ["Rooms", "TestKit", .product(name: "MetricsTestKit", package: "swift-metrics")],
            swiftSettings: house
        ),
        .testTarget(name: "SimulationTests", dependencies: ["Simulator"], swiftSettings: house),
        .testTarget(
            name: "NetTests",
            dependencies: [
                "Net", "Rooms", "TestKit",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "DBTests",
            dependencies: [
                "DB", "Rooms", "Simulator", "TestKit", .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "AppTests",
            dependencies: [
                "App", "Attacks", "Configuration", "DB", "Exit", "LoadClient", "Net", "ProcessControl", "Rooms",
                "Telemetry",
                "TestKit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
    ]
)

// Fuzzing (docs/fuzzing.md). The same sources are a module of tests that runs the corpus and, built by scripts/fuzz
// alone, the library of a command that libFuzzer drives.
let fuzzDependencies: [Target.Dependency] = [
    "Configuration", "DB", "Net", "Rooms", "CLibPQ",
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOEmbedded", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]
if let sanitizers = Context.environment["ROOMCAST_FUZZ"] {
    package.products = []
    package.targets.removeAll { $0.type == .test || $0.type == .executable }
    package.targets += [
        .target(name: "FuzzTargets", dependencies: fuzzDependencies, path: "Tests/Fuzz/Targets", swiftSettings: house),
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["CFuzzer", "FuzzTargets"], path: "Tests/Fuzz/Driver", swiftSettings: house,
            linkerSettings: [.unsafeFlags(["-sanitize=\(sanitizers)", "-use-ld=lld"])]),
    ]
    // libFuzzer sees which branches an input takes, and what it is compared with.
    let instrumented = SwiftSetting.unsafeFlags(["-sanitize=\(sanitizers)", "-enable-testing"])
    for target in package.targets where target.type != .system {
        target.swiftSettings = (target.swiftSettings ?? []) + [instrumented]
    }
} else {
    package.targets.append(
        .testTarget(
            name: "FuzzTests", dependencies: fuzzDependencies, path: "Tests/Fuzz",
            exclude: ["CFuzzer", "Corpus", "Dictionaries", "Driver"], swiftSettings: house))
}
