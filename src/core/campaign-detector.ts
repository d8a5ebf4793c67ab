/**
 * Suspected campaigns in a gateway's log: prompts with one frame from many accounts, and what those
 * accounts share besides. It counts and groups; whether that is a campaign, a person decides.
 *
 * A frame shows as rare runs of three words that many accounts have. Of each prompt a quarter of
 * its runs is looked at, chosen by their hash, so that a log of a million requests fits in memory.
 */
import { canonicalTokens } from './canonical-text.js'
import { shinglesOf } from './sketch.js'

export interface LoggedRequest {
  /** Milliseconds since 1970 UTC. */
  readonly timeMs: number
  readonly account: string
  readonly ip?: string | undefined
  readonly ja4?: string | undefined
  readonly prompt?: string | undefined
  /** In place of the prompt: the same for the same one. */
  readonly promptHash?: string | undefined
  readonly outputTokens?: number | undefined
}

/** What accounts of a campaign share. */
export interface SharedTrait {
  readonly value: string
  /** Accounts of the campaign that have it, and others. */
  readonly accounts: number
  readonly others: number
}

export interface Campaign {
  readonly requests: number
  readonly accounts: readonly string[]
  readonly firstMs: number
  readonly lastMs: number
  readonly outputTokens: number
  /** Requests an hour, in the middle of its accounts. */
  readonly hourly: number
  /** Spread of the times between two requests: near 0 a machine, 1 chance, above it people. */
  readonly rhythm: number
  readonly addresses: readonly SharedTrait[]
  readonly fingerprints: readonly SharedTrait[]
  /** For the sketch: prompts of many accounts. */
  readonly samples: readonly { readonly account: string; readonly prompt: string }[]
}

export const DETECT = {
  promptsMin: 20,
  accountsMin: 5,
  /** Of the rare runs of a prompt, those that others have, too. */
  runsMin: 3,
  samples: 60,
  requestsMax: 1_000_000,
} as const

const SAMPLED = 4
const BUCKETS = 1 << 22

interface Row extends LoggedRequest {
  readonly runs: Uint32Array
}

export class CampaignDetector {
  readonly #common: ReadonlySet<number>
  readonly #rows: Row[] = []
  /** How many prompts have a run, by its hash; several runs may share a place. */
  readonly #counts = new Uint32Array(BUCKETS)

  /** `common`: shingles of ordinary prompts. */
  constructor(common: ReadonlySet<string>) {
    this.#common = new Set([...common].map(hashOf))
  }

  /** False where the log is longer than can be held. */
  add(request: LoggedRequest): boolean {
    if (this.#rows.length >= DETECT.requestsMax) return false
    const { prompt, promptHash } = request
    const runs = prompt === undefined ? hashRun(promptHash) : this.#runsOf(prompt)
    for (const run of runs) this.#counts[run % BUCKETS]!++
    // Of most prompts nothing is ever shown: a text is kept once others like it were met.
    this.#rows.push({ ...request, prompt: this.#isMet(runs) ? prompt : undefined, runs })
    return true
  }

  #isMet(runs: Uint32Array): boolean {
    const met = runs.filter((run) => this.#counts[run % BUCKETS]! >= DETECT.accountsMin)
    return met.length >= DETECT.runsMin
  }

  #runsOf(prompt: string): Uint32Array {
    const threes = [...shinglesOf(canonicalTokens(prompt))].filter((one) => one.startsWith('3'))
    const hashes = threes.map(hashOf)
    return Uint32Array.from(
      hashes.filter((hash) => hash % SAMPLED === 0 && !this.#common.has(hash)),
    )
  }

  /** The largest first. */
  campaigns(): Campaign[] {
    const groups = this.#groups()
    const members = new Map<number, Row[]>()
    for (const row of this.#rows) {
      const group = groupOf(row, groups)
      if (group !== undefined) grouped(members, group).push(row)
    }
    return [...members.values()]
      .filter((rows) => rows.length >= DETECT.promptsMin)
      .filter((rows) => new Set(rows.map(({ account }) => account)).size >= DETECT.accountsMin)
      .map((rows) => this.#campaignOf(rows))
      .sort((a, b) => b.requests - a.requests)
  }

  /** Runs that many accounts have, each with the group of those it comes together with. */
  #groups(): Map<number, number> {
    const accounts = new Map<number, Set<string>>()
    for (const { runs, account } of this.#rows) {
      for (const run of runs) {
        if (this.#counts[run % BUCKETS]! < DETECT.promptsMin) continue
        const held = accounts.get(run) ?? new Set()
        accounts.set(run, held.add(account))
      }
    }
    const parents = new Map<number, number>()
    for (const [run, { size }] of accounts) if (size >= DETECT.accountsMin) parents.set(run, run)
    const rootOf = (run: number): number => {
      const parent = parents.get(run)!
      if (parent === run) return run
      const root = rootOf(parent)
      parents.set(run, root)
      return root
    }
    for (const { runs } of this.#rows) {
      const hot = [...runs].filter((run) => parents.has(run))
      if (hot.length < DETECT.runsMin) continue
      const root = rootOf(hot[0]!)
      for (const run of hot) parents.set(rootOf(run), root)
    }
    return new Map([...parents.keys()].map((run) => [run, rootOf(run)]))
  }

  #campaignOf(rows: readonly Row[]): Campaign {
    const accounts = [...new Set(rows.map(({ account }) => account))]
    const times = rows.map(({ timeMs }) => timeMs).sort((a, b) => a - b)
    const [firstMs, lastMs] = [times[0]!, times.at(-1)!]
    const hours = Math.max(1, (lastMs - firstMs) / 3_600_000)
    const each = new Map<string, Row[]>()
    for (const row of rows) grouped(each, row.account).push(row)
    return {
      requests: rows.length,
      accounts,
      firstMs,
      lastMs,
      outputTokens: rows.reduce((sum, { outputTokens = 0 }) => sum + outputTokens, 0),
      hourly: middle([...each.values()].map(({ length }) => length)) / hours,
      rhythm: rhythmOf(times),
      addresses: this.#shared(accounts, ({ ip }) => ip),
      fingerprints: this.#shared(accounts, ({ ja4 }) => ja4),
      samples: samplesOf(rows),
    }
  }

  /** What two accounts of a campaign have in common, most shared first. */
  #shared(accounts: readonly string[], traitOf: (row: Row) => string | undefined): SharedTrait[] {
    const own = new Set(accounts)
    const byValue = new Map<string, Set<string>>()
    for (const row of this.#rows) {
      const value = traitOf(row)
      if (value === undefined) continue
      byValue.set(value, (byValue.get(value) ?? new Set()).add(row.account))
    }
    return [...byValue]
      .map(([value, all]): SharedTrait => {
        const mine = [...all].filter((one) => own.has(one)).length
        return { value, accounts: mine, others: all.size - mine }
      })
      .filter((trait) => trait.accounts >= 2)
      .sort((a, b) => b.accounts - a.accounts)
  }
}

/** FNV-1a: which runs are looked at must not depend on anything but the run. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** The same prompt is as good as so many runs in common. */
function hashRun(promptHash: string | undefined): Uint32Array {
  if (promptHash === undefined) return new Uint32Array(0)
  return Uint32Array.from({ length: DETECT.runsMin }, (_, i) => hashOf(`${i} ${promptHash}`))
}

/** The group most of whose runs a prompt has, if it has enough of them. */
function groupOf({ runs }: Row, groups: ReadonlyMap<number, number>): number | undefined {
  const counts = new Map<number, number>()
  for (const run of runs) {
    const group = groups.get(run)
    if (group !== undefined) counts.set(group, (counts.get(group) ?? 0) + 1)
  }
  const [best] = [...counts].sort(([, a], [, b]) => b - a)
  return best !== undefined && best[1] >= DETECT.runsMin ? best[0] : undefined
}

/** Of as many accounts as there are. */
function samplesOf(rows: readonly Row[]) {
  const byAccount = new Map<string, Row[]>()
  for (const row of rows) {
    if (row.prompt === undefined) continue
    grouped(byAccount, row.account).push(row)
  }
  const samples: { account: string; prompt: string }[] = []
  for (let turn = 0; samples.length < DETECT.samples; turn++) {
    const before = samples.length
    for (const [account, own] of byAccount) {
      const prompt = own[turn]?.prompt
      if (prompt !== undefined && samples.length < DETECT.samples) samples.push({ account, prompt })
    }
    if (samples.length === before) break
  }
  return samples
}

function grouped<Key>(groups: Map<Key, Row[]>, key: Key): Row[] {
  let group = groups.get(key)
  if (group === undefined) groups.set(key, (group = []))
  return group
}

function rhythmOf(times: readonly number[]): number {
  const gaps = times.slice(1).map((time, i) => time - times[i]!)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length)
  if (mean === 0) return 0
  const square = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  return Math.sqrt(square) / mean
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
