/**
 * A whole node as a child process on loopback, driven only through what its user has: the command
 * line's start and the HTTP API with the operator's token. The demo and the end-to-end tests tell
 * their story with it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Client, placeIn, type Answer, type Ask } from './client.js'

export type { Answer } from './client.js'

export interface LabOptions {
  /** Path of the program to run with this Node. */
  readonly program: string
  readonly name: string
  /** Its data folder. */
  readonly data: string
  /** Path of a federation file; absent is the open federation. */
  readonly federation?: string
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Where its mesh listens; absent is loopback. */
  readonly host?: string
  /** Put before the program, to start it in some other place. */
  readonly launcher?: readonly string[]
  readonly startMsMax?: number
}

const START_MS_MAX = 30_000
const START_TRIES = 3
const STOP_MS_MAX = 15_000

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

export class LabProcess {
  readonly #options: LabOptions
  readonly #port: number
  #child: ChildProcess | undefined
  #output = ''
  #client: Client | undefined
  api = ''

  private constructor(options: LabOptions, port: number) {
    this.#options = options
    this.#port = port
  }

  static async start(options: LabOptions): Promise<LabProcess> {
    for (let tries = 1; ; tries++) {
      const lab = new LabProcess(options, await freePort())
      try {
        await lab.start()
        return lab
      } catch (error) {
        // Somebody else may take a port between its being found free and its being taken.
        if (tries === START_TRIES || !lab.output.includes('EADDRINUSE')) throw error
      }
    }
  }

  get name(): string {
    return this.#options.name
  }

  get data(): string {
    return this.#options.data
  }

  /** Where its mesh listens on loopback, the same after a restart. */
  get meshPort(): number {
    return this.#port
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Whether it runs, or how it ended. */
  get state(): string {
    const { exitCode, signalCode } = this.#child ?? { exitCode: null, signalCode: null }
    return String(exitCode ?? signalCode ?? 'running')
  }

  /** Everything the node printed, both streams. */
  get output(): string {
    return this.#output
  }

  /** Starts, or starts again on the same folder and mesh port. */
  async start(...flags: readonly string[]): Promise<void> {
    const { program, name, data, federation, env } = this.#options
    await mkdir(data, { recursive: true })
    await rm(join(data, 'api.addr'), { force: true })
    const args = [program, 'start', '--data', data, '--name', name, '--api', '127.0.0.1:0']
    args.push(
      '--listen',
      `/ip4/${this.#options.host ?? '127.0.0.1'}/tcp/${this.#port}`,
      ...(this.#options.flags ?? []),
      ...flags,
    )
    if (federation !== undefined) args.push('--federation', federation)
    const [first, ...rest] = [...(this.#options.launcher ?? []), process.execPath, ...args]
    const child = spawn(first!, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.#child = child
    const gather = (chunk: Buffer) => (this.#output += chunk.toString())
    child.stdout.on('data', gather)
    child.stderr.on('data', gather)
    try {
      await this.#ready(child)
    } catch (error) {
      // Nobody else knows of it.
      child.kill('SIGKILL')
      throw error
    }
  }

  async #ready(child: ChildProcess): Promise<void> {
    const until = Date.now() + (this.#options.startMsMax ?? START_MS_MAX)
    const address = join(this.#options.data, 'api.addr')
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${this.name} did not start:\n${this.#output}`)
      const api = await readFile(address, 'utf8').catch(() => '')
      if (api.endsWith('\n')) {
        this.api = api.trim()
        this.#client?.close()
        this.#client = new Client(placeIn(this.#options.data, undefined))
        return
      }
      if (Date.now() > until)
        throw new Error(`${this.name} did not start in time:\n${this.#output}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** The same lab, name and mesh port on another folder; this one must have ended. */
  async moveTo(data: string): Promise<LabProcess> {
    const moved = new LabProcess({ ...this.#options, data }, this.#port)
    await moved.start()
    return moved
  }

  async request(
    method: Ask['method'],
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    if (this.#client === undefined) throw new Error(`${this.name} has not been started`)
    // A kept socket may have been closed by the node a moment ago, and a report is not asked twice.
    return this.#client.ask({ method, path, body, headers: { connection: 'close', ...headers } })
  }

  async card(): Promise<string> {
    return (await this.request('GET', '/v1/id')).body['card'] as string
  }

  /** Admits another lab under its own name. */
  async admit(other: LabProcess, trust = 'corroborate'): Promise<void> {
    const answer = await this.request('POST', '/v1/members', {
      card: await other.card(),
      name: other.name,
      trust,
      newOrganisation: true,
    })
    if (answer.status >= 300) throw new Error(`${this.name}: ${JSON.stringify(answer.body)}`)
  }

  async check(type: string, value: string): Promise<Answer['body']> {
    const query = new URLSearchParams({ type, value })
    return (await this.request('GET', `/v1/check?${query.toString()}`)).body
  }

  async status(): Promise<Answer['body']> {
    return (await this.request('GET', '/v1/status')).body
  }

  /** Ends the process and waits for it; SIGKILL leaves whatever a crash would leave. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    this.#client?.close()
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null
    }
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
    try {
      return await ended
    } finally {
      clearTimeout(late)
    }
  }
}

/** Asks again until the answer is what the story needs; says in milliseconds how long that took. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMs = 30_000,
  everyMs = 10,
): Promise<number> {
  const start = performance.now()
  while (!(await condition())) {
    if (performance.now() - start > timeoutMs) throw new Error(`did not happen in time: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  return performance.now() - start
}
