/**
 * The local API's listeners: TCP for gateways and the Unix socket for the command line, both before
 * one application. The socket is for its owner alone (mode 0600 in a 0700 folder). Stopping waits
 * for answers under way, for a bounded time.
 */
import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SECOND_MS } from '../core/limits.js'
import {
  createApp,
  HEADERS_MS,
  KEEP_ALIVE_MS,
  REQUEST_MS,
  SOCKET_IDLE_MS,
  type AppOptions,
  type AppParts,
} from './app.js'
import { FastLane } from './fast-lane.js'

export interface HttpOptions extends AppOptions {
  /** host:port; port 0 is any free one. */
  readonly listen: string
  /** Also listen there; a stale socket is replaced (the data folder is ours alone). */
  readonly socketPath?: string
}

export interface HttpServer {
  /** http://host:port as a program on this host reaches it. */
  readonly address: string
  stop(): Promise<void>
}

const STOP_MS = 5 * SECOND_MS

export async function startHttp(options: HttpOptions, parts: AppParts): Promise<HttpServer> {
  const app = await createApp(options, parts)
  const { access, answering, answers } = parts
  const lane = new FastLane({ ...answering, access, hosts: options.hosts, answers })
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    lane.take(request, response, () => app.routing(request, response))
  app.server.removeAllListeners('request').on('request', listener)
  const servers: Server[] = []
  try {
    await app.listen(placeOf(options.listen))
    servers.push(app.server)
    if (options.socketPath !== undefined) {
      servers.push(await listenOnSocket(options.socketPath, listener))
    }
  } catch (error) {
    await app.close()
    throw error
  }
  const scheme = options.tls === undefined ? 'http' : 'https'
  let stopped: Promise<void> | undefined
  return {
    address: `${scheme}://${reachable(app.server.address() as AddressInfo)}`,
    stop: () => {
      lane.close()
      return (stopped ??= stopAll(servers, () => app.close()))
    },
  }
}

async function stopAll(servers: readonly Server[], close: () => Promise<void>): Promise<void> {
  const late = setTimeout(() => servers.forEach((server) => server.closeAllConnections()), STOP_MS)
  const closed = servers.slice(1).map(
    (server) =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  )
  try {
    await Promise.all([close(), ...closed])
  } finally {
    clearTimeout(late)
  }
}

async function listenOnSocket(
  path: string,
  listener: (...args: Parameters<Parameters<typeof createServer>[1] & object>) => void,
): Promise<Server> {
  await rm(path, { force: true })
  const times = { requestTimeout: REQUEST_MS, headersTimeout: HEADERS_MS }
  const server = createServer({ ...times, keepAliveTimeout: KEEP_ALIVE_MS }, listener)
  server.timeout = SOCKET_IDLE_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
  return server
}

function placeOf(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':')
  const host = listen.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  return { host, port: Number(listen.slice(colon + 1)) }
}

/** Listening everywhere includes loopback, and a wildcard is no address to call. */
function reachable({ address, family, port }: AddressInfo): string {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  return family === 'IPv6' ? `[${host}]:${port}` : `${host}:${port}`
}
