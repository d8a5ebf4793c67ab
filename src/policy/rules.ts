/**
 * What this operator makes of evidence. Local by design: the federation ships evidence, never
 * decisions. One immutable value; its hash names it in every verdict. `config/policy.yaml` has
 * every key with its reason.
 */
import { createHash } from 'node:crypto'
import type { Action, PAP, TLP } from '../core/codes.js'
import type { Trust } from '../core/roster.js'

/** A bound on what one member may own, so that a flood cannot become the blocklist. */
export interface Share {
  /** Percent of the whole, the member's own included. */
  readonly percent: number
  /** So many are always within the bound: a small federation has no meaningful shares. */
  readonly min: number
}

export interface Policy {
  /** What is worked out, counted and shown, but never acts. */
  readonly shadow: {
    readonly all: boolean
    /** Names of members. */
    readonly members: readonly string[]
    /** Full names of types. */
    readonly types: readonly string[]
  }
  readonly confidence: {
    /** Reports below it are evidence to look at, not to act on (0 to 100). */
    readonly floor: number
    /** Percent of its confidence that a report has lost when its life ends; it falls evenly. */
    readonly decay: number
  }
  /** Distinct members whose first-hand reports must agree before a type's together cap applies. */
  readonly quorum: number
  /** What lifts the verdict on one request above that on each of its attributes. */
  readonly request: { readonly kinds: number; readonly members: number }
  /** Distinct members who must dispute a report before it loses its support. */
  readonly disputers: number
  readonly trust: Readonly<
    Record<
      Trust,
      {
        /** The strongest action one report causes, within its type's alone cap. */
        readonly alone: Action
        /** Whether it counts in a quorum, and whether a dispute does. */
        readonly counts: boolean
      }
    >
  >
  /** Caps by full type name, instead of those of INDICATORS.md. */
  readonly types: Readonly<Record<string, { readonly alone?: Action; readonly together?: Action }>>
  /** The strongest action under each mark. */
  readonly pap: Readonly<Record<(typeof PAP.names)[number], Action>>
  readonly tlp: Readonly<
    Record<(typeof TLP.names)[number], { readonly act: Action; readonly export: boolean }>
  >
  readonly bulkhead: {
    /** Of all live keys that act. */
    readonly keys: Share
    /** Of all reports and disputes of one day. */
    readonly changes: Share
  }
  /** Of sampled look-ups of its kind, what one new network, name or pattern may meet. */
  readonly brake: {
    readonly percent: number
    /** With fewer sampled nothing is known, and nothing is held. */
    readonly min: number
  }
  /** Live sketches that may act: in all, and of one member's key. */
  readonly sketches: { readonly total: number; readonly member: number }
  readonly lists: {
    /** The strongest action on space that a cloud list names. */
    readonly cloud: Action
    /** Whether documentation ranges and names are never acted on, like other special ranges. */
    readonly documentation: boolean
    /** Names of shipped lists that are not used. */
    readonly without: readonly string[]
  }
}

export const DEFAULT_POLICY: Policy = {
  shadow: { all: false, members: [], types: [] },
  confidence: { floor: 60, decay: 0 },
  quorum: 2,
  request: { kinds: 2, members: 2 },
  disputers: 2,
  trust: {
    observe: { alone: 'observe', counts: false },
    corroborate: { alone: 'throttle', counts: true },
    trusted: { alone: 'block', counts: true },
  },
  types: {},
  pap: { red: 'observe', amber: 'observe', green: 'block', clear: 'block' },
  tlp: {
    red: { act: 'observe', export: false },
    'amber+strict': { act: 'block', export: false },
    amber: { act: 'block', export: true },
    green: { act: 'block', export: true },
    clear: { act: 'block', export: true },
  },
  bulkhead: {
    keys: { percent: 25, min: 50_000 },
    changes: { percent: 25, min: 50_000 },
  },
  brake: { percent: 2, min: 1_000 },
  sketches: { total: 20_000, member: 5_000 },
  lists: { cloud: 'throttle', documentation: false, without: [] },
}

const hashes = new WeakMap<Policy, string>()

/**
 * Names a policy in verdicts and status; hex. Of what it says, not of how a file says it. Worked
 * out once per policy: every look-up asks.
 */
export function policyHash(policy: Policy): string {
  let hash = hashes.get(policy)
  if (hash === undefined) {
    hash = createHash('sha256').update(canonicalText(policy)).digest('hex').slice(0, 16)
    hashes.set(policy, hash)
  }
  return hash
}

/** JSON with sorted keys; the lists of a policy are sets, so they are sorted, too. */
function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(canonicalText))].sort().join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, of]) => `${JSON.stringify(key)}:${canonicalText(of)}`).join()}}`
}
