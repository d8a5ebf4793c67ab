/**
 * `npm run demo`: three labs in a throw-away federation on loopback, as real processes, and what
 * they do for each other, with times. Every claim it prints is checked; with `once` it exits 0 only
 * if all held.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LabProcess, until } from './lab-process.js'

export interface DemoOptions {
  readonly program: string
  readonly once: boolean
  /** A text file, one address or domain a line; default: disposable e-mail domains. */
  readonly feed?: string
  readonly print: (line: string) => void
  readonly signal: AbortSignal
}

/** Documentation addresses (RFC 5737): ordinary values here, nobody's in the world. */
const ACTOR = '198.51.100.7'
const MISSED = '203.0.113.9'
const FEED_MAX = 2_000
const WITHIN_MS = 1_000

interface Item {
  readonly type: string
  readonly value: string
}

/** Tells the story; answers whether all of it held. Leaves no process and no file behind. */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-demo-'))
  const labs: LabProcess[] = []
  try {
    return await new Story(options, folder, labs).tell()
  } finally {
    await Promise.all(labs.map((lab) => lab.end()))
    await rm(folder, { recursive: true, force: true })
  }
}

class Story {
  readonly #options: DemoOptions
  readonly #folder: string
  readonly #labs: LabProcess[]
  readonly #startedAt = performance.now()
  #held = true

  constructor(options: DemoOptions, folder: string, labs: LabProcess[]) {
    this.#options = options
    this.#folder = folder
    this.#labs = labs
  }

  async tell(): Promise<boolean> {
    const [a, b, c] = await this.#open()
    await this.#feed(a!, b!, c!)
    await this.#oneActor(a!, b!, c!)
    await this.#customer(c!)
    await this.#crash(b!, a!)
    await this.#late(a!)
    this.#curl(a!)
    await this.#consoles([a!, b!, c!])
    if (!this.#options.once && !this.#options.signal.aborted) {
      this.#say('The labs keep running. Ctrl-C ends them and leaves nothing.')
      await new Promise<void>((resolve) => {
        this.#options.signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    return this.#held
  }

  async #open(): Promise<LabProcess[]> {
    const networkId = randomBytes(32).toString('hex')
    await writeFile(this.#federation(), `name: demo\nnetworkId: ${networkId}\n`)
    this.#say('Three labs start, each with its own key, in a throw-away federation.')
    await Promise.all(['Lab A', 'Lab B', 'Lab C'].map((name) => this.#start(name)))
    this.#labs.sort((one, other) => (one.name < other.name ? -1 : 1))
    for (const lab of this.#labs) await this.#meet(lab)
    const ms = await this.#linked()
    this.#check(`they admit each other by card; all linked ${ms.toFixed(0)} ms later`, true)
    return [...this.#labs]
  }

  #federation(): string {
    return join(this.#folder, 'federation.yaml')
  }

  async #start(name: string): Promise<LabProcess> {
    const { program } = this.#options
    const data = join(this.#folder, name.replace(' ', '-').toLowerCase())
    const lab = await LabProcess.start({
      program,
      name,
      data,
      federation: this.#federation(),
      flags: ['--log-level', 'error'],
    })
    this.#labs.push(lab)
    return lab
  }

  async #meet(lab: LabProcess): Promise<void> {
    for (const other of this.#labs) if (other !== lab) await lab.admit(other)
  }

  #linked(): Promise<number> {
    return until('all labs linked', async () => {
      const all = await Promise.all(this.#labs.map((lab) => lab.request('GET', '/v1/peers')))
      return all.every(({ body }) =>
        (body['peers'] as { link: string }[]).every((p) => p.link === 'up'),
      )
    })
  }

  async #feed(a: LabProcess, b: LabProcess, c: LabProcess): Promise<void> {
    const items = await this.#items()
    const started = performance.now()
    const { body } = await a.request('POST', '/v1/reports', items.slice(0, 1_000).map(asSeen))
    const rest = items.slice(1_000)
    if (rest.length > 0) await a.request('POST', '/v1/reports', rest.map(asSeen))
    const accepted = body['accepted'] as number
    const ms = performance.now() - started
    this.#say(`Lab A reports a feed of ${items.length} (${perSecond(items.length, ms)} durable).`)
    const probe = (body['results'] as { status: string; type: string; value: string }[]).find(
      (result) => result.status === 'accepted',
    )
    if (probe === undefined) return this.#check('the feed holds something to report', false)
    for (const lab of [b, c]) {
      const lag = await until(`${lab.name} acts on the feed`, async () => {
        return (await lab.check(probe.type, probe.value))['action'] !== 'allow'
      })
      const { action } = await lab.check(probe.type, probe.value)
      this.#check(
        `${lab.name}: ${probe.value} → ${String(action)}, ${lag.toFixed(0)} ms later`,
        lag < WITHIN_MS,
      )
    }
    await until('equal logs', async () => {
      const hashes = await Promise.all(
        this.#labs.map(async (lab) => (await lab.status())['stateHash']),
      )
      return new Set(hashes).size === 1
    })
    this.#check(
      `all three hold the same state (${accepted} of the first ${Math.min(1_000, items.length)})`,
      true,
    )
  }

  async #items(): Promise<Item[]> {
    const { feed } = this.#options
    if (feed === undefined) {
      const domains = createRequire(import.meta.url)('disposable-email-domains') as string[]
      return domains.slice(0, FEED_MAX).map((value) => ({ type: 'email-domain', value }))
    }
    const lines = (await readFile(feed, 'utf8')).split('\n')
    return lines
      .map((line) => line.trim().split(/[\s,]/)[0]!)
      .filter((value) => value !== '' && !value.startsWith('#'))
      .slice(0, FEED_MAX)
      .map((value) => ({ type: /^[\d.:a-f/]+$/i.test(value) ? 'ip' : 'email-domain', value }))
  }

  async #oneActor(a: LabProcess, b: LabProcess, c: LabProcess): Promise<void> {
    const report = { type: 'ip', value: ACTOR, category: 'capability-extraction' }
    this.#say(`Lab A sees ${ACTOR} extracting and reports it.`)
    await a.request('POST', '/v1/reports', report)
    await this.#becomes('throttle', [b, c], 'one member alone')
    this.#say('Lab B has seen the same actor.')
    await b.request('POST', '/v1/reports', report)
    await this.#becomes('block', [a, b, c], 'two members, or one’s own eyes')
    const reasons = (await c.check('ip', ACTOR))['reasons'] as {
      member: string
      confidence: number
    }[]
    for (const { member, confidence } of reasons) {
      this.#say(`    Lab C’s reason: ${member}, confidence ${confidence}`)
    }
    this.#say('Lab A finds that it was its own customer, and revokes.')
    const revocation = { type: 'ip', value: ACTOR, reason: 'own-customer' }
    await a.request('POST', '/v1/revocations', revocation)
    await this.#becomes('throttle', [a, c], 'only Lab B’s report is left')
  }

  async #becomes(action: string, labs: readonly LabProcess[], why: string): Promise<void> {
    for (const lab of labs) {
      const lag = await until(`${lab.name} ${action}`, async () => {
        return (await lab.check('ip', ACTOR))['action'] === action
      })
      this.#check(
        `${lab.name}: ${ACTOR} → ${action} (${why}), ${lag.toFixed(0)} ms later`,
        lag < WITHIN_MS,
      )
    }
  }

  /** All that a support desk has is the id of a decision. */
  async #customer(c: LabProcess): Promise<void> {
    const asked = await c.check('ip', ACTOR)
    this.#say(`At Lab C a customer behind ${ACTOR} asks why. All there is is a decision id.`)
    const id = encodeURIComponent(String(asked['decisionId']))
    const { body } = await c.request('GET', `/v1/decisions/by-id/${id}`)
    const [explained] = body['explanations'] as {
      keys: { said: { member: string; state: string; says: { kind: string } }[] }[]
    }[]
    const live = explained!.keys
      .flatMap(({ said }) => said)
      .filter(({ state, says }) => state === 'live' && says.kind === 'report')
    const { envelopes } = body['evidence'] as { envelopes: unknown[] }
    const who = live.map(({ member }) => member).join(', ')
    const named = `it names ${who}, with ${envelopes.length} signed envelopes as evidence`
    this.#check(named, live.length === 1 && envelopes.length > 0)
    const entry = { type: 'ip', value: ACTOR, reason: 'our customer' }
    await c.request('POST', '/v1/allowlist', entry)
    await this.#becomes('allow', [c], 'Lab C allows it; nobody else is told')
  }

  async #crash(b: LabProcess, a: LabProcess): Promise<void> {
    this.#say('Lab B is killed (kill -9). Lab A goes on reporting.')
    await b.end('SIGKILL')
    await a.request('POST', '/v1/reports', { type: 'ip', value: MISSED })
    await b.start()
    const ms = await until('Lab B has what it missed', async () => {
      return (await b.check('ip', MISSED))['action'] === 'throttle'
    })
    this.#check(`Lab B is back, and acts on what it missed ${ms.toFixed(0)} ms later`, true)
  }

  async #late(a: LabProcess): Promise<void> {
    this.#say('A fourth lab joins late.')
    const late = await this.#start('Lab D')
    for (const lab of this.#labs) {
      if (lab === late) continue
      await lab.admit(late)
      await late.admit(lab)
    }
    const ms = await until('Lab D has caught up', async () => {
      const [mine, theirs] = await Promise.all([late.status(), a.status()])
      return mine['logHash'] === theirs['logHash'] && mine['stateHash'] === theirs['stateHash']
    })
    this.#check(
      `Lab D holds the same log and state ${ms.toFixed(0)} ms after it was admitted`,
      true,
    )
  }

  #curl(a: LabProcess): void {
    this.#say('Try it:')
    const token = `$(cat ${join(a.data, 'operator.token')})`
    const query = `type=ip&value=${ACTOR}`
    this.#say(`    curl -s -H "Authorization: Bearer ${token}" '${a.api}/v1/check?${query}'`)
    this.#say(`    curl -s -H "Authorization: Bearer ${token}" '${a.api}/v1/status'`)
  }

  async #consoles(labs: readonly LabProcess[]): Promise<void> {
    this.#say('Look at them, each link once and within 15 minutes:')
    for (const lab of labs) {
      const { body } = await lab.request('POST', '/v1/console/links')
      this.#say(`    ${lab.name}: ${lab.api}${String(body['path'])}`)
    }
  }

  #say(line: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1).padStart(5)
    this.#options.print(`${seconds}s  ${line}`)
  }

  #check(line: string, held: boolean): void {
    this.#held &&= held
    this.#say(`${held ? '  ok  ' : 'FAILED '}${line}`)
  }
}

function asSeen(item: Item): object {
  // First-hand, so that one member's word throttles; labelled, because it is a drill.
  return { ...item, firstHand: true, labels: ['drill'] }
}

function perSecond(count: number, ms: number): string {
  return `${Math.round((count / ms) * 1_000)}/s`
}
