/** Foreign programs as a test runs them: in a folder, in the foreground, ended by their own id. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createConnection, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { foreignEnv } from './foreign.js'
import { until } from './until.js'

export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export class Programs {
  readonly #running: ChildProcess[] = []

  /** Starts one; resolves once it listens on `port`, where it is to. */
  async start(
    command: readonly string[],
    options: {
      readonly cwd: string
      readonly port?: number
      readonly env?: Readonly<Record<string, string>>
    },
  ): Promise<ChildProcess & { readonly said: () => string }> {
    const [program, ...args] = command
    const env = { ...foreignEnv(), ...options.env }
    const child = spawn(program!, args, {
      cwd: options.cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.push(child)
    let said = ''
    const hear = (chunk: Buffer) => (said = (said + chunk.toString()).slice(-8_192))
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('error', (error) => (said += String(error)))
    const { port } = options
    if (port !== undefined) {
      const isUp = () => {
        if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`)
        return listens(port)
      }
      await until(isUp, { timeoutMs: 20_000, what: `${program} listens: ${said}` })
    }
    return Object.assign(child, { said: () => said })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map(endOf))
  }
}

export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Answers everything alike, on loopback. */
export async function answering(status: number, body: string, port = 0) {
  const server = createServer((req, res) => {
    req.resume()
    res.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
