import Foundation
import Synchronization
import Testing

@testable import COSEmulator

@Suite("Emulator: connections")
struct ConnectionTests {
    @Test("clients that say nothing do not keep others out: the longest silent one makes room")
    func halfOpen() async throws {
        let configuration = EmulatorConfiguration.test { $0.limits.connections = 4 }
        try await TestService.run(configuration) { (service) async throws in
            let request = service.request("/a", [("op", Array("upload_slice_list".utf8))])
            // Idle connections: one without data, one inside a head, one inside a body, one between two
            // requests.
            var silent = [try RawClient(port: service.port), try RawClient(port: service.port)]
            try silent[1].send(Array(request.prefix(20)))
            silent.append(try RawClient(port: service.port))
            try silent[2].send(Array(request.dropLast(10)))
            silent.append(try RawClient(port: service.port))
            try silent[3].send(request)
            #expect(try silent[3].reply().status == 404)
            for _ in 0..<20 {
                let client = try RawClient(port: service.port)
                try client.send(request)
                #expect(try client.reply().status == 404)
                try client.send(request)
                #expect(try client.reply().status == 404)
            }
            for client in silent {
                #expect(throws: RawClient.Problem.self) { try client.reply() }
            }
        }
    }

    @Test("a connection whose client waits for its answer is not closed for another one")
    func answering() throws {
        let table = ConnectionTable(limit: 2)
        let closed = Mutex<[Int]>([])
        let connections = (0..<5).map { _ in NSObject() }
        func admit(_ number: Int) throws {
            try table.admit(connections[number]) { closed.withLock { $0.append(number) } }
        }
        try admit(0)
        try admit(1)
        table.answers(connections[0], true)
        try admit(2)
        #expect(closed.withLock { $0 } == [1])
        table.answers(connections[2], true)
        #expect(throws: ConnectionTable.Full.self) { try admit(3) }
        table.answers(connections[2], false)
        try admit(3)
        table.heard(connections[3])
        table.answers(connections[0], false)
        table.heard(connections[3])
        try admit(4)
        #expect(closed.withLock { $0 } == [1, 2, 0])
        // A connection closed by its client frees its slot.
        table.remove(connections[3])
        try admit(0)
        #expect(closed.withLock { $0 } == [1, 2, 0])
    }

    @Test(
        "the limit of open files leaves room for connections, or the emulator does not start and says how many"
    )
    func descriptors() {
        let found = DescriptorLimit(limit: 40, open: 15)
        #expect(found.connections == 7)
        let short = DescriptorLimit(limit: 33, open: 15)
        #expect(short.connections == 0 && short.needed == 37)
        #expect(DescriptorLimit(limit: 37, open: 15).connections == 4)
        let current = DescriptorLimit.current
        #expect(current.open >= 3 && current.limit > current.open)
    }
}
