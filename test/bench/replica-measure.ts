/**
 * The replica at a million clear keys: a check beside `Map.get` of the same texts, bytes for each
 * indicator, a snapshot written and read. References are measured in the same run.
 */
import { randomBytes } from 'node:crypto'
import { canonicalise } from '../../src/core/canonical-form.js'
import { sealMark } from '../../src/core/mark.js'
import { dayOf } from '../../src/core/heads.js'
import { typeOf } from '../../src/core/indicator.js'
import { openSnapshot, sealSnapshot } from '../../src/lookup/snapshot.js'
import { DEFAULT_POLICY, policyHash } from '../../src/policy/rules.js'
import { Answers } from '../../src/replica/answers.js'
import { Copy } from '../../src/replica/copy.js'
import { Hooks } from '../../src/replica/hooks.js'
import { Judgements } from '../../src/replica/judgements.js'
import { Decisions } from '../../src/lookup/decision.js'
import { Desk } from '../../src/lookup/desk.js'
import { authorNamed, T0 } from '../support/samples.js'
import { manyKeys } from '../support/million.js'
import { Random } from '../support/random.js'
import type { Figures } from '../support/soak-run.js'
import { usedBytes } from '../support/used-bytes.js'

export interface ReplicaBench {
  readonly keys: number
  readonly asked: number
}

const EPOCH = '000000000001-00000000-00000000'

export function measureReplica({ keys: count, asked }: ReplicaBench): Figures {
  const { texts, bytes, copyMs } = written(count)
  const before = usedBytes()
  const loadBegan = performance.now()
  const opened = openSnapshot(bytes, [1, 2])
  const loadMs = performance.now() - loadBegan
  if (!opened.ok) throw new Error(opened.code)
  const copy = new Copy(opened.value)
  const answers = answersOn(copy)
  for (const question of texts) answers.one(question)
  const perKey = (usedBytes() - before) / count
  return {
    keys: count,
    ...timed(answers, texts, asked),
    bytesPerIndicator: round(perKey),
    snapshotBytesPerIndicator: round(bytes.length / count),
    snapshotCopyMs: round(copyMs),
    loadMs: round(loadMs),
  }
}

/** By a node that is gone when this returns. */
function written(count: number) {
  const { state, keys } = manyKeys(count, 300)
  const { seed, author } = authorNamed('own')
  const networkId = '00'.repeat(32)
  const policy = policyHash(DEFAULT_POLICY)
  const context = { networkId, own: author, name: 'Lab A', policy: DEFAULT_POLICY }
  const whole = { ...context, shipped: [], addresses: [] }
  const cursor = { epoch: EPOCH, number: 1 }
  const day = dayOf(T0)
  const stateHash = state.sums.stateHash(day)
  const said = { day, stateHash, policy, freshness: 'fresh', time: T0 } as const
  const mark = sealMark({ ...cursor, networkId, author, ...said }, seed)
  const copyBegan = performance.now()
  const snapshot = sealSnapshot(state, cursor, { mark, context: whole })
  const copyMs = performance.now() - copyBegan
  const bytes = Buffer.concat(snapshot.chunks)
  const texts = keys.map(({ type, value }) => ({ type: typeOf(type).name, value }))
  return { texts, bytes, copyMs }
}

function answersOn(copy: Copy): Answers {
  const onDegraded = { stale: 'last-known', expired: 'last-known', neverSynced: 'allow' } as const
  const answers = new Answers({
    ages: { staleMs: 60_000, expireMs: 86_400_000 },
    hooks: new Hooks([]),
    log: undefined,
    judgements: new Judgements(onDegraded, false),
    clock: () => T0 + 1_000,
    failed: (error) => {
      throw error
    },
  })
  const decisions = new Decisions(randomBytes(32), randomBytes)
  const desk = new Desk({
    state: copy.state,
    name: 'Lab A',
    decisions,
    guards: copy.guards,
    isLate: () => false,
    policy: () => DEFAULT_POLICY,
    freshness: () => 'fresh',
    clock: () => T0 + 1_000,
  })
  answers.standOn({ copy, desk, decisions, read: canonicalise })
  return answers
}

interface Question {
  readonly type: string
  readonly value: string
}

/** Hits and misses, half and half, in an order that no cache foresees. */
function timed(answers: Answers, texts: readonly Question[], asked: number): Figures {
  const random = new Random(7)
  const map = new Map(texts.map(({ type, value }) => [`${type} ${value}`, 4]))
  const questions = Array.from({ length: asked }, (_, i) => {
    const { type, value } = texts[random.word() % texts.length]!
    if (i % 2 === 0) return { type, value: Buffer.from(value).toString() }
    const quad = [60 + (i % 9), random.word() % 256, random.word() % 256, random.word() % 256]
    return { type: 'net.ipv4', value: quad.join('.') }
  })
  const names = questions.map(({ type, value }) => Buffer.from(`${type} ${value}`).toString())
  const check = quantiles(questions, (question) => answers.one(question).action)
  const get = quantiles(names, (name) => map.get(name))
  return {
    checkNsP50: check.p50,
    checkNsP99: check.p99,
    mapGetNsP50: get.p50,
    mapGetNsP99: get.p99,
    ratioP50: round(check.p50 / get.p50),
  }
}

/** Of batches of sixteen: one clock reading costs as much as a check. */
function quantiles<T>(items: readonly T[], work: (item: T) => unknown) {
  const BATCH = 16
  let sink: unknown
  for (const item of items.slice(0, 20_000)) sink = work(item)
  const ns: number[] = []
  for (let i = 0; i + BATCH <= items.length; i += BATCH) {
    const began = process.hrtime.bigint()
    for (let j = i; j < i + BATCH; j++) sink = work(items[j]!)
    ns.push(Number(process.hrtime.bigint() - began) / BATCH)
  }
  if (sink === Symbol.iterator) throw new Error('never')
  ns.sort((a, b) => a - b)
  const at = (q: number) => Math.round(ns[Math.floor(ns.length * q)]!)
  return { p50: at(0.5), p99: at(0.99) }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** As a program of its own, compiled: what a bundler adds to closures would be measured, too. */
if (process.send !== undefined) {
  process.once('message', (asked: ReplicaBench) => {
    process.send!(measureReplica(asked), () => process.disconnect())
  })
}
