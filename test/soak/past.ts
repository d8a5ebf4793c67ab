/**
 * What look-ups answered, written down when they did, beside what `explain` says of those times
 * afterwards: over reports, revocations, disputes, members, allow entries, lists, policies and
 * pauses that come and go in any order, and restarts in between.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { keyOf } from '../../src/core/indicator.js'
import { HOUR_MS, LIMITS, MINUTE_MS, SECOND_MS } from '../../src/core/limits.js'
import type { OwnChange } from '../../src/core/own-rows.js'
import type { createApp } from '../../src/http/app.js'
import type { Verdict } from '../../src/lookup/verdict.js'
import { policyHash } from '../../src/policy/rules.js'
import { appOf, TOKENS } from '../http/api.js'
import { hand, memoryDatabase, MemoryMark, NOW, openLab, type Lab } from '../support/lab.js'
import { policyContent } from '../support/policies.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures, type SoakOptions } from '../support/soak-run.js'
import { canonical } from '../support/stage.js'

export interface PastOptions extends SoakOptions {
  /** Things that happen. */
  readonly steps: number
  /** Of the look-ups written down, how many are asked about again. */
  readonly pairs: number
}

interface Seen {
  readonly type: string
  readonly value: string
  readonly ms: number
  readonly verdict: Partial<Verdict>
}

const OTHERS = ['B', 'C', 'D'] as const
const KEYS: readonly (readonly [type: string, value: string])[] = [
  ...Array.from({ length: 8 }, (_, i) => ['ip', `45.7.${i % 2}.${i}`] as const),
  ...['45.7.0.0/24', '45.7.0.0/23', '45.7.0.0/16'].map((value) => ['cidr', value] as const),
  ...['2a00:9:9:1::1', '2a00:9:9:1::2'].map((value) => ['ip', value] as const),
  ...['bad.biz', 'x.bad.biz', 'y.x.bad.biz'].map((value) => ['domain', value] as const),
  ...['402400', '40240011'].map((value) => ['bin', value] as const),
  ['ua', 'scraper/1.2'],
  ['asn', '64500'],
]
const LOOKED_UP = 8

class World {
  readonly time = { now: NOW }
  readonly seen: Seen[] = []
  readonly #database = memoryDatabase()
  readonly #mark = new MemoryMark()
  readonly #random: Random
  readonly #others: Lab[] = []
  readonly #policies: readonly string[]
  #policy = '{}'
  own!: Lab

  constructor(seed: number) {
    this.#random = new Random(seed)
    const contents = fc.sample(policyContent, { numRuns: 20, seed })
    this.#policies = contents.flatMap((content) => ['{}', JSON.stringify(content)])
  }

  async open(): Promise<void> {
    await this.start()
    // As every node does when it starts.
    await this.#enforce('{}')
    for (const name of OTHERS) {
      this.#others.push(await openLab(name, { time: this.time }))
      await this.own.admit(name)
    }
  }

  /** Also anew, on the same database. */
  async start(): Promise<void> {
    await this.own?.writer.stop()
    const [database, mark] = [this.#database, this.#mark]
    this.own = await openLab('A', { time: this.time, database, mark })
    await this.own.policies.apply(this.#policy)
    await this.own.expiry.sweep()
  }

  one<T>(of: readonly T[]): T {
    return of[this.#random.below(of.length)]!
  }

  async step(): Promise<void> {
    this.time.now += this.one([SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 40 * MINUTE_MS])
    await this.#happen()
    // Later than what has just happened, and before the next.
    for (let i = 0; i < LOOKED_UP; i++) {
      this.time.now += 1 + this.#random.below(400)
      const [type, value] = this.one(KEYS)
      const verdict = known(this.own.check(type, value))
      this.seen.push({ type, value, ms: this.time.now, verdict })
    }
  }

  #happen(): Promise<unknown> {
    const roll = this.#random.below(100)
    if (roll < 40) return this.#say('report')
    if (roll < 55) return this.#say('revoke')
    if (roll < 62) return this.#say('dispute')
    if (roll < 66) return this.#say('sight')
    if (roll < 76) return this.#member()
    if (roll < 86) return this.#allow()
    if (roll < 90) return this.#pause()
    if (roll < 98) return this.#enforce(this.one(this.#policies))
    return this.start()
  }

  async #say(what: 'report' | 'revoke' | 'dispute' | 'sight'): Promise<void> {
    const lab = this.one([this.own, ...this.#others])
    const [type, value] = this.one(KEYS)
    const item = { type, value }
    if (what === 'report') {
      const action = this.one(['observe', 'throttle', 'challenge', 'block'])
      const confidence = this.one([40, 60, 80, 100])
      const ttl = this.one(['20m', '2h', '20h'])
      const firstHand = this.one([true, true, false])
      await lab.voice.report([{ ...item, action, confidence, ttl, firstHand }])
    } else if (what === 'revoke') {
      await lab.voice.revoke([{ ...item, reason: 'false-positive' }])
    } else if (what === 'dispute') {
      const reason = this.one(['own-customer', 'withdrawn'])
      await lab.voice.dispute([{ ...item, reason }])
    } else await lab.voice.sight([item])
    if (lab !== this.own) await hand(lab, this.own)
  }

  async #member(): Promise<void> {
    const name = this.one(OTHERS)
    if (this.#random.below(3) === 0) {
      return this.own.lists.change({ table: 'roster', name, row: null })
    }
    const trust = this.one(['observe', 'corroborate', 'trusted'] as const)
    await this.own.admit(name, trust, this.one(['member', 'member', 'observer'] as const))
  }

  async #allow(): Promise<void> {
    const [type, value] = this.one(KEYS)
    const indicator = canonical(type, value)
    const untilMs = this.time.now + 3 * HOUR_MS
    const more = this.one([{}, { untilMs }, { request: true }])
    const row = {
      ...indicator,
      reason: 'x',
      by: 'x',
      request: false,
      addedMs: this.time.now,
      ...more,
    }
    const isGone = this.#random.below(2) === 0
    const name = keyOf(indicator)
    await this.own.lists.change({ table: 'allow', name, row: isGone ? null : row })
  }

  async #pause(): Promise<void> {
    const row = { kind: 'enforce', reason: 'x', by: 'x', sinceMs: this.time.now } as const
    const untilMs = this.time.now + HOUR_MS
    const name = 'enforce'
    const change = this.one<OwnChange>([
      { table: 'pauses', name, row: null },
      { table: 'pauses', name, row: { ...row, untilMs } },
    ])
    await this.own.lists.change(change)
  }

  async #enforce(text: string): Promise<void> {
    this.#policy = text
    await this.own.policies.apply(text)
    const { policy } = this.own.policies.inForce()
    const row = { hash: policyHash(policy), text, sinceMs: this.time.now }
    await this.own.lists.change({ table: 'policy', name: 'now', row })
  }
}

/** All that has to come back, in JSON; reasons have no order of their own. */
function known({ decisionId: _, freshness: __, reasons, ...rest }: Verdict): Partial<Verdict> {
  const text = (reason: unknown) => JSON.stringify(reason)
  const sorted = [...reasons].sort((a, b) => (text(a) < text(b) ? -1 : 1))
  return JSON.parse(JSON.stringify({ ...rest, reasons: sorted })) as Partial<Verdict>
}

export async function past({ seed, steps, pairs, msMax }: PastOptions): Promise<Figures> {
  const world = new World(seed)
  await world.open()
  const end = performance.now() + msMax / 2
  let done = 0
  while (done < steps && performance.now() < end) {
    await world.step()
    done++
  }
  // Once more from disk: nothing that is asked about now was in this process's memory then.
  await world.start()
  const app = await appOf(world.own)
  const random = new Random(seed + 1)
  const kept = world.seen.filter(({ ms }) => ms >= world.time.now - LIMITS.historyMs)
  const asked = Array.from({ length: pairs }, () => kept[random.below(kept.length)]!)
  // In order they are quick; the last few are not, and go back again and again.
  const few = asked.splice(-20)
  const ordered = [...asked.sort((a, b) => a.ms - b.ms), ...few]
  const actions = new Set<string>()
  let held = 0
  for (const one of ordered) {
    assert.deepEqual(await explained(app, one), one.verdict, `${one.type} ${one.value} ${one.ms}`)
    actions.add(one.verdict.action!)
    if (one.verdict.reasons!.some((reason) => reason.held !== undefined)) held++
  }
  const early = await ask(app, { ...world.seen[0]!, ms: NOW - HOUR_MS })
  assert.deepEqual([early.status, early.body['code']], [404, 'before-history'])
  await app.close()
  assert.ok(actions.size >= 3, [...actions].join())
  assert.ok(held > pairs / 20, `${held}`)
  const met = [...actions].join(' ')
  return { steps: done, lookUps: world.seen.length, pairs: ordered.length, actions: met, held }
}

type App = Awaited<ReturnType<typeof createApp>>

async function ask(app: App, { type, value, ms }: Seen) {
  const at = new Date(ms).toISOString()
  const url = `/v1/explain?${new URLSearchParams({ type, value, at }).toString()}`
  const answer = await app.inject({ url, headers: { 'x-api-key': TOKENS.operator } })
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
}

async function explained(app: App, one: Seen): Promise<unknown> {
  const { status, body } = await ask(app, one)
  assert.equal(status, 200, JSON.stringify(body))
  const verdict = body['verdict'] as Verdict
  assert.equal(verdict.freshness, undefined)
  return known(verdict)
}

await runSoak(import.meta.url, 'past', (options) =>
  past({ steps: 4_000, pairs: 10_000, ...options }),
)
