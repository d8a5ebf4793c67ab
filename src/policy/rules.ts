/**
 * What this operator makes of evidence. Local by design: the federation ships evidence, never
 * decisions. One immutable value; its hash names it in every verdict.
 */
import { createHash } from 'node:crypto'
import type { Action } from '../core/codes.js'
import { PAP } from '../core/codes.js'
import type { Trust } from '../core/roster.js'

export interface Policy {
  /** Reports below it are evidence to look at, not to act on (0 to 100). */
  readonly confidenceFloor: number
  /** Distinct members whose first-hand reports must agree before a type's together cap applies. */
  readonly quorum: number
  /**
   * The strongest action one report of a member with this trust causes; undefined: the type's cap
   * alone.
   */
  readonly trustCap: Readonly<Record<Trust, Action | undefined>>
  /** Trust levels whose reports count towards the quorum. */
  readonly counts: readonly Trust[]
  /** The least strict PAP mark under which anything visible to the actor may happen. */
  readonly papFloor: number
}

export const DEFAULT_POLICY: Policy = {
  confidenceFloor: 60,
  quorum: 2,
  trustCap: { observe: 'observe', corroborate: 'throttle', trusted: undefined },
  counts: ['corroborate', 'trusted'],
  papFloor: PAP.code('green'),
}

const hashes = new WeakMap<Policy, string>()

/** Names a policy in verdicts and status; hex. Worked out once per policy: every look-up asks. */
export function policyHash(policy: Policy): string {
  let hash = hashes.get(policy)
  if (hash === undefined) {
    hash = createHash('sha256').update(JSON.stringify(policy)).digest('hex').slice(0, 16)
    hashes.set(policy, hash)
  }
  return hash
}
