import COSEmulator

// Code blocks of COSEmulator's catalogue, as they stand there.

func emulatorExample(folder: String, use: (Int) async throws -> Void) async throws -> Int64 {
    var configuration = EmulatorConfiguration()
    configuration.root = folder
    let emulator = Emulator(configuration)
    let port = try await emulator.start()
    try await use(port)
    await emulator.stop()
    let taken = emulator.statistics.bytesTaken
    return taken
}

func faultsExample() -> [Fault] {
    var configuration = EmulatorConfiguration()
    configuration.faults = [
        Fault(.dropReply, operation: .finish),
        Fault(.status(503, code: -181), operation: .data, nth: 3, times: 2),
    ]
    return configuration.faults
}
