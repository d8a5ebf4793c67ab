/**
 * `npm run bench flood`: look-ups, and reports of an honest member on their way, while another
 * member floods everybody with signed envelopes of one report each; beside the same without a
 * flood. Real nodes; questions come at a fixed rate, each timed by itself. Beside it stands how
 * much of the time the node's thread could have run and had no core: that is the machine's share.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { authorOfPeer, parseCard } from '../../src/core/identity.js'
import { until, type LabProcess } from '../../src/cli/lab-process.js'
import { Pace } from '../../src/mesh/pace.js'
import { Fleet, linked, quantile } from '../support/fleet.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import type { FlooderAsked } from './flooder.js'
import { Asking } from './asking.js'
import { round } from './rates.js'

export interface FloodBench {
  /** Of each part: without a flood, and with one. */
  readonly seconds: number
  readonly perSecond: number
  /** Does not wait until all of the flood has been taken in. */
  readonly isShort?: boolean
}

/**
 * Before other members' programs, which have machines of their own: here they get what is left.
 * With niceness alone they kept a core for whole slices while the node waited.
 */
const BENEATH = process.platform === 'linux' ? ['chrt', '--idle', '0'] : ['nice', '-n', '15']
/** As without a flood: what is measured is not how a program gets warm. */
const WARM_SECONDS = 5
const LOOK_UPS_PER_SECOND = 200
const REPORTS_PER_SECOND = 4

export async function benchFlood({ seconds, perSecond, isShort }: FloodBench): Promise<Figures> {
  const fleet = await Fleet.open()
  const flooder = await Flooder.start()
  try {
    const a = await fleet.lab('Lab A')
    const b = await fleet.lab('Lab B', { launcher: BENEATH })
    await a.admit(b)
    await b.admit(a)
    for (const lab of [a, b]) await flooder.meet(lab)
    // As many links as if it were a third lab.
    await linked([a, b, b], 30_000)
    const warmSeconds = isShort === true ? 1 : WARM_SECONDS
    const count = (warmSeconds + seconds) * perSecond
    await flooder.ask({ ask: 'seal', count })
    const key = (await a.request('POST', '/v1/tokens', { name: 'bench', role: 'gateway' })).body
    const asked = { a, b, key: key['token'] as string }
    await measure(asked, warmSeconds)
    const idle = await measure(asked, seconds)
    const flooding = flooder.ask({ ask: 'flood', count, perSecond })
    await measure(asked, warmSeconds)
    const flooded = await measure(asked, seconds)
    const both = { ...told('idle', idle), ...told('flood', flooded), ...ratios(idle, flooded) }
    if (isShort === true) return { ...both, perSecond }
    const floodSeconds = round(Number(await flooding))
    const heldAtEnd = await heldOf(a)
    await until('all of the flood is held', async () => (await heldOf(a)) >= count, 300_000, 200)
    return { ...both, perSecond, floodSeconds, heldAtEnd }
  } finally {
    flooder.end()
    await fleet.close()
  }
}

interface Measured {
  readonly lookUps: readonly number[]
  readonly reports: readonly number[]
  readonly coreless: number
}

function told(name: string, { lookUps, reports, coreless }: Measured): Figures {
  return {
    [`${name}CorelessPercent`]: round(coreless * 100),
    [`${name}LookUpP50Ms`]: round(quantile(lookUps, 0.5)),
    [`${name}LookUpP99Ms`]: round(quantile(lookUps, 0.99)),
    [`${name}ReportP50Ms`]: round(quantile(reports, 0.5)),
    [`${name}ReportP99Ms`]: round(quantile(reports, 0.99)),
  }
}

function ratios(idle: Measured, flooded: Measured): Figures {
  const times = (of: 'lookUps' | 'reports', q: number) =>
    round(quantile(flooded[of], q) / quantile(idle[of], q))
  return {
    lookUpP50Times: times('lookUps', 0.5),
    lookUpP99Times: times('lookUps', 0.99),
    reportP50Times: times('reports', 0.5),
    reportP99Times: times('reports', 0.99),
  }
}

/** Envelopes of the flooder at a lab. */
async function heldOf(lab: LabProcess): Promise<number> {
  const { heads } = await lab.status()
  return Math.max(0, ...Object.values(heads as Record<string, number>))
}

interface Asked {
  readonly a: LabProcess
  readonly b: LabProcess
  readonly key: string
}

let said = 0

async function measure({ a, b, key }: Asked, seconds: number): Promise<Measured> {
  const asked = new Asking(key)
  const lookUps: number[] = []
  const reports: number[] = []
  const check = (value: string) => asked.ask(`${a.api}/v1/check?view=action&type=ip&value=${value}`)
  const [begunMs, corelessMs] = [performance.now(), await corelessMsOf(a.pid)]
  const end = begunMs + seconds * 1_000
  const { signal } = new AbortController()
  const asking = (async () => {
    const pace = new Pace(LOOK_UPS_PER_SECOND, 1)
    const pending: Promise<void>[] = []
    while (performance.now() < end) {
      await pace.take(1, signal)
      const began = performance.now()
      // A slow answer must not delay the next question.
      const n = pending.length
      const answer = check(`45.9.${n & 255}.${(n >> 8) & 255}`)
      pending.push(answer.then(() => void lookUps.push(performance.now() - began)))
    }
    await Promise.all(pending)
  })()
  const pace = new Pace(REPORTS_PER_SECOND, 1)
  while (performance.now() < end) {
    await pace.take(1, signal)
    const value = `46.1.${(++said >> 8) & 255}.${said & 255}`
    const { status } = await b.request('POST', '/v1/reports', { type: 'ip', value })
    if (status !== 201) throw new Error(`a report was answered ${status}`)
    const accepted = performance.now()
    await until(`${value} acts`, async () => /throttle|block/.test(await check(value)), 60_000, 2)
    reports.push(performance.now() - accepted)
  }
  await asking
  asked.end()
  const coreless = ((await corelessMsOf(a.pid)) - corelessMs) / (performance.now() - begunMs)
  return { lookUps, reports, coreless }
}

/** How long a process's main thread has waited for a core; Linux alone tells it, 0 elsewhere. */
async function corelessMsOf(pid: number | undefined): Promise<number> {
  const told = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '0 0')
  const [, waitedNs] = told.split(' ')
  return Number(waitedNs) / 1e6
}

class Flooder {
  private constructor(
    readonly child: ReturnType<typeof fork>,
    readonly card: string,
  ) {}

  static async start(): Promise<Flooder> {
    const file = fileURLToPath(new URL('./flooder.ts', import.meta.url))
    const shim = new URL('../../src/node20.ts', import.meta.url).href
    const [execPath, ...before] = [...BENEATH, process.execPath]
    const execArgv = [...before, '--import', 'tsx', '--import', shim]
    const child = fork(file, { execPath: execPath!, execArgv })
    return new Flooder(child, (await heard(child)) as string)
  }

  async ask(asked: FlooderAsked): Promise<unknown> {
    const answer = heard(this.child)
    this.child.send(asked)
    return answer
  }

  async meet(lab: LabProcess): Promise<void> {
    const card = parseCard(await lab.card())
    const { peer, addresses } = card!
    await this.ask({ ask: 'admit', author: authorOfPeer(peer)!, addresses })
    const member = { card: this.card, name: 'Flooder', newOrganisation: true }
    const { status } = await lab.request('POST', '/v1/members', member)
    if (status >= 300) throw new Error(`${lab.name} does not admit the flooder`)
  }

  end(): void {
    if (this.child.connected) this.child.disconnect()
  }
}

async function heard(child: ReturnType<typeof fork>): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [{ readonly said: unknown }]
  return message.said
}

const LONG = { seconds: 20, perSecond: 5_000 }
await runSoak(import.meta.url, 'flood', () => benchFlood(LONG))
