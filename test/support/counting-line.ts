/** A TCP line between two nodes that counts what crosses it, each way. Loopback only. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface CountingLine {
  readonly port: number
  /** Bytes from the target to whoever dialled, so far. */
  received(): number
  sent(): number
  close(): Promise<void>
}

export function countingLine(targetPort: number): Promise<CountingLine> {
  let received = 0
  let sent = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const target = connect(targetPort, '127.0.0.1')
    for (const one of [socket, target]) {
      one.setNoDelay(true)
      sockets.add(one)
      one.on('close', () => sockets.delete(one))
      one.on('error', () => one.destroy())
    }
    socket.on('data', (bytes) => (sent += bytes.length))
    target.on('data', (bytes) => (received += bytes.length))
    socket.pipe(target).pipe(socket)
    socket.on('close', () => target.destroy())
    target.on('close', () => socket.destroy())
  })
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({ port, received: () => received, sent: () => sent, close })
    })
  })
}
