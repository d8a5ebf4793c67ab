/**
 * `npm run bench start`: one folder grown from 10,000 live indicators to 10,000,000, and at each
 * size what a node costs its operator: to take them in, to start (after a stop, and after a crash),
 * memory and disk, look-ups, a report of its own, its status, and a member with a tenth of all
 * removed while look-ups go on. A real node; flat or logarithmic is what is hoped for.
 */
import { join } from 'node:path'
import { peerNameOf } from '../../src/core/identity.js'
import { LabProcess } from '../../src/cli/lab-process.js'
import { Fleet, PROGRAM, quantile } from '../support/fleet.js'
import { FullFolderMaker, indicatorNumbered, MEMBERS, memberNamed } from '../support/full-folder.js'
import { ownOf } from '../support/lab.js'
import { rssMibOf } from '../support/process-cost.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { CONNECTIONS, round } from './rates.js'
import { load, type Loaded } from './wrk.js'

export interface StartBench {
  readonly sizes: readonly number[]
  /** Of look-ups at each size. */
  readonly seconds: number
  /** Only what must not grow. */
  readonly isShort?: boolean
}

/** Asked about at each size: half of them are live. */
const ASKED = 20_000
const REPORTS = 30
const START_MS_MAX = 600_000
const REMOVED = 3

/** `figure@size` for each. */
export async function benchStart(asked: StartBench, seed: number): Promise<Figures> {
  const fleet = await Fleet.open()
  try {
    const bench = await Bench.open(fleet, seed, asked)
    const figures: Record<string, number> = {}
    for (const size of asked.sizes) {
      for (const [name, value] of Object.entries(await bench.at(size))) {
        figures[`${name}@${size}`] = round(value)
      }
    }
    return figures
  } finally {
    await fleet.close()
  }
}

class Bench {
  readonly #maker: FullFolderMaker
  readonly #fleet: Fleet
  readonly #random: Random
  readonly #seconds: number
  readonly #isShort: boolean
  #said = 0

  private constructor(fleet: Fleet, maker: FullFolderMaker, seed: number, asked: StartBench) {
    this.#fleet = fleet
    this.#maker = maker
    this.#random = new Random(seed)
    this.#seconds = asked.seconds
    this.#isShort = asked.isShort === true
  }

  static async open(fleet: Fleet, seed: number, asked: StartBench): Promise<Bench> {
    const maker = await FullFolderMaker.open(join(fleet.folder, 'full'))
    return new Bench(fleet, maker, seed, asked)
  }

  async at(size: number): Promise<Record<string, number>> {
    const from = this.#maker.made
    const began = performance.now()
    await this.#maker.growTo(size)
    const takenInPerSecond = ((size - from) * 1_000) / (performance.now() - began)
    const lab = await this.#start()
    try {
      const startSeconds = await this.#firstAnswer(lab, size, lab.startedMs)
      const told = await this.#told(lab, size)
      if (this.#isShort) return { startSeconds, rssMiB: await rssMibOf(lab.pid!), ...told }
      await lab.end('SIGKILL')
      const again = performance.now()
      await lab.start()
      const crashStartSeconds = await this.#firstAnswer(lab, size, again)
      const rssMiB = await rssMibOf(lab.pid!)
      return { takenInPerSecond, startSeconds, crashStartSeconds, rssMiB, ...told }
    } finally {
      await lab.end()
    }
  }

  async #start(): Promise<LabProcess & { startedMs: number }> {
    const { data, federation } = this.#maker.folder
    const flags = ['--log-level', 'warn']
    const startedMs = performance.now()
    const options = { program: PROGRAM, name: 'Full', data, federation, flags }
    const lab = await LabProcess.start({ ...options, startMsMax: START_MS_MAX })
    this.#fleet.labs.push(lab)
    return Object.assign(lab, { startedMs })
  }

  /** Seconds until an indicator acts. */
  async #firstAnswer(lab: LabProcess, size: number, sinceMs: number): Promise<number> {
    const { type, value } = this.#asked(this.#live(size))
    const { action } = await lab.check(type, value)
    if (action !== 'throttle' && action !== 'observe') throw new Error(`${type} ${value} ${action}`)
    return (performance.now() - sinceMs) / 1_000
  }

  async #told(lab: LabProcess, size: number): Promise<Record<string, number>> {
    const made = await lab.request('POST', '/v1/tokens', { name: `b${size}`, role: 'gateway' })
    const key = made.body['token'] as string
    const values = Array.from({ length: ASKED }, (_, i) => {
      const { type, value } = this.#asked(i % 2 === 0 ? this.#live(size) : this.#unknown())
      return `${type}&value=${value}`
    })
    const ask = (view: string, seconds: number): Promise<Loaded> => {
      const path = `/v1/check?${view}type=`
      const rest = { address: lab.api, key, values, connections: CONNECTIONS, seconds }
      return load(this.#fleet.folder, { path, ...rest })
    }
    if (!this.#isShort) await ask('view=action&', 1)
    const brief = await ask('view=action&', this.#seconds)
    const lookUps = { briefPerSecond: brief.rate, briefP99Ms: brief.p99Ms }
    const reportMs = await this.#report(lab)
    if (this.#isShort) return { ...lookUps, reportMs }
    const full = await ask('', this.#seconds)
    const statusMs = await timed(() => lab.status())
    const removed = await this.#remove(lab, ask)
    const peakRssMiB = await rssMibOf(lab.pid!, 'VmHWM')
    const fulls = { fullPerSecond: full.rate, fullP99Ms: full.p99Ms }
    return { ...lookUps, ...fulls, reportMs, statusMs, ...removed, peakRssMiB }
  }

  /** Median of some lone reports. */
  async #report(lab: LabProcess): Promise<number> {
    const times: number[] = []
    for (let i = 0; i < REPORTS; i++) {
      const value = `46.2.${(++this.#said >> 8) & 255}.${this.#said & 255}`
      times.push(await timed(() => lab.request('POST', '/v1/reports', { type: 'ip', value })))
    }
    return quantile(times, 0.5)
  }

  /** Removes a member while look-ups go on, and admits it again. */
  async #remove(lab: LabProcess, ask: (view: string, seconds: number) => Promise<Loaded>) {
    const name = memberNamed(REMOVED)
    const place = `/v1/members/${encodeURIComponent(name)}`
    const asking = ask('view=action&', this.#seconds)
    const removeMs = await timed(() => lab.request('DELETE', place))
    const during = await asking
    const card = { card: peerNameOf(ownOf(name)), name, trust: 'trusted', newOrganisation: true }
    const { status } = await lab.request('POST', '/v1/members', card)
    if (status >= 300) throw new Error(`${name} is not admitted again`)
    return { removeMs, removingP99Ms: during.p99Ms }
  }

  /** Number of one of a member that stays. */
  #live(size: number): number {
    for (;;) {
      const n = this.#random.below(size)
      if (Math.floor(n / 256) % MEMBERS !== REMOVED) return n
    }
  }

  #unknown(): number {
    return 2 ** 31 + this.#random.below(2 ** 30)
  }

  #asked(n: number): { type: string; value: string } {
    const { type, value } = indicatorNumbered(n, this.#maker.folder.keyId)
    if (type === 11) return { type: 'account', value: `keyed:${value}` }
    return { type: type === 5 ? 'domain' : 'ip', value }
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

const LONG = { sizes: [10_000, 100_000, 1_000_000, 10_000_000], seconds: 5 }
await runSoak(import.meta.url, 'start', ({ seed }) => benchStart(LONG, seed))
