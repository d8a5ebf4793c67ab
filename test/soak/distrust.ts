/**
 * Two members that collude: what both report blocks, with the evidence shown; an operator who
 * distrusts them takes all of it back by two roster rows, in less than a second at any size, while
 * look-ups go on. Real intake, LevelDB and HTTP; the evidence is handed over as catch-up would.
 */
import assert from 'node:assert/strict'
import { LIMITS } from '../../src/core/limits.js'
import { openApi, type Api } from '../http/api.js'
import { openDiskLab } from '../support/disk-lab.js'
import { hand, openLab, type Lab } from '../support/lab.js'
import { Random } from '../support/random.js'
import { runSoak, withFolder, type Figures } from '../support/soak-run.js'

export interface DistrustOptions {
  readonly seed: number
  /** Of both members together. */
  readonly claims: number
}

const COLLUDING = ['Lab M', 'Lab N'] as const
const TAKEN_BACK_MS_MAX = 1_000
const ASKED = 100

/** Distinct public addresses, in an order that the seed decides. */
function addresses(count: number, seed: number): string[] {
  const chance = new Random(seed)
  const step = 2 * chance.below(1 << 20) + 1
  return Array.from({ length: count }, (_, i) => {
    const n = (i * step + seed) % (1 << 24)
    return `45.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
  })
}

async function sayAll(lab: Lab, values: readonly string[]): Promise<void> {
  for (let at = 0; at < values.length; at += LIMITS.requestItemsMax) {
    const items = values.slice(at, at + LIMITS.requestItemsMax)
    const results = await lab.voice.report(
      items.map((value) => ({ type: 'ip', value, ttl: '7d', firstHand: true })),
    )
    assert.ok(results.every(({ status }) => status === 'accepted'))
  }
}

interface Watch {
  readonly slowestMs: () => number
  /** Resolves with the time from `fromMs` until all that is asked is answered with `action`. */
  until(action: string, fromMs: number): Promise<number>
  stop(): Promise<void>
}

/** Asks about the same values again and again, as a busy gateway does. */
function watch(api: Api, values: readonly string[]): Watch {
  const items = values.map((value) => ({ type: 'ip', value }))
  let slowest = 0
  let answered = { actions: new Set<string>(), atMs: 0 }
  let stopped = false
  const running = (async () => {
    while (!stopped) {
      const began = performance.now()
      const { body } = await api.ask('POST', '/v1/check?view=action', {
        as: 'gateway',
        body: { items },
      })
      const atMs = performance.now()
      slowest = Math.max(slowest, atMs - began)
      const verdicts = body['verdicts'] as readonly { readonly action: string }[]
      answered = { actions: new Set(verdicts.map(({ action }) => action)), atMs }
    }
  })()
  return {
    slowestMs: () => Math.round(slowest),
    until: async (action, fromMs) => {
      const isSo = () => answered.atMs > fromMs && [...answered.actions].join() === action
      while (!isSo()) {
        assert.ok(performance.now() - fromMs < 60_000, `not ${action} after a minute`)
        await new Promise((resolve) => setImmediate(resolve))
      }
      return Math.round(answered.atMs - fromMs)
    },
    stop: () => {
      stopped = true
      return running
    },
  }
}

async function takeBack(api: Api, seen: Watch): Promise<Figures> {
  const distrust = (member: string) =>
    api.ask('PUT', `/v1/members/${encodeURIComponent(member)}`, {
      as: 'operator',
      body: { trust: 'observe' },
    })
  const began = performance.now()
  const answers = COLLUDING.map(distrust)
  const unblockedMs = await seen.until('observe', began)
  const told = await Promise.all(answers)
  const answeredMs = Math.round(performance.now() - began)
  assert.ok(told.every(({ status }) => status === 200))
  assert.ok(unblockedMs < TAKEN_BACK_MS_MAX, `taken back after ${unblockedMs} ms`)
  return { unblockedMs, answeredMs, slowestLookupMs: seen.slowestMs() }
}

export async function distrust({ seed, claims }: DistrustOptions): Promise<Figures> {
  return withFolder(async (folder) => {
    const lab = await openDiskLab(folder, 'Lab A')
    const api = await openApi({}, {}, lab)
    try {
      const values = addresses(claims / 2, seed)
      for (const name of COLLUDING) {
        const member = await openLab(name, { time: lab.time })
        await sayAll(member, values)
        await lab.admit(name)
        await hand(member, lab)
      }
      // The bulkhead holds what is beyond it; the oldest of their reports act.
      const seen = watch(api, values.slice(0, ASKED))
      try {
        await seen.until('block', performance.now())
        return { claims, ...(await takeBack(api, seen)) }
      } finally {
        await seen.stop()
      }
    } finally {
      await api.stop()
      await lab.close()
    }
  })
}

await runSoak(import.meta.url, 'distrust', ({ seed }) => distrust({ seed, claims: 1_000_000 }))
