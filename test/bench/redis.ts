/**
 * Redis, the Debian package, with nothing on disk: the peer that many look-ups at once are measured
 * beside. Asked by its own benchmark, one question a packet and as many connections as the others
 * have.
 */
import { foreign, runForeign } from '../support/foreign.js'
import type { Programs } from '../support/programs.js'
import { CONNECTIONS } from './rates.js'
import type { Loaded } from './wrk.js'

/** Answers of a benchmark that is bounded by count and not by time. */
const GUESS_PER_SECOND = 50_000

export class Redis {
  readonly #port: number
  readonly #held: number

  private constructor(port: number, held: number) {
    this.#port = port
    this.#held = held
  }

  /** Holds so many keys. */
  static async start(programs: Programs, cwd: string, port: number, held: number): Promise<Redis> {
    await foreign('redis-server', 'redis-benchmark', 'redis-cli')
    const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', cwd]
    await programs.start(['redis-server', ...flags], { cwd, port })
    const lines = Array.from({ length: held }, (_, i) => `SET key:${twelve(i)} block`)
    await runForeign('redis-cli', ['-p', String(port), '--pipe'], lines.join('\n') + '\n')
    return new Redis(port, held)
  }

  /** GET of random keys of which half are held, not pipelined. */
  async get(seconds: number): Promise<Loaded> {
    const count = String(seconds * GUESS_PER_SECOND)
    const flags = ['-p', String(this.#port), '-c', String(CONNECTIONS), '-P', '1', '--csv']
    const asked = ['-n', count, '-r', String(2 * this.#held), 'GET', 'key:__rand_int__']
    const said = await runForeign('redis-benchmark', [...flags, ...asked], '', { timeout: 600_000 })
    const [, rate, , , p50Ms, , p99Ms] = said.trim().split('\n').at(-1)!.split('","').map(unquoted)
    const loaded = { rate: Number(rate), p50Ms: Number(p50Ms), p99Ms: Number(p99Ms) }
    if (!(loaded.rate > 0 && loaded.p99Ms >= 0)) throw new Error(said)
    return loaded
  }
}

/** As `__rand_int__` is written. */
function twelve(i: number): string {
  return String(i).padStart(12, '0')
}

function unquoted(text: string): string {
  return text.replaceAll('"', '')
}
