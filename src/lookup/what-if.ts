/**
 * What would change a verdict: each change is tried, by judging the question as if it had happened,
 * and told only where another action comes out. So nothing here is a guess, and what one change
 * alone does not move is not listed. First what this operator can do, then what others can, then
 * what time does.
 */
import { ACTION, PAP, TLP, type Action } from '../core/codes.js'
import type { AuthorId, EnvelopeId } from '../core/identity.js'
import { typeOf, type Indicator } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { TRUSTS, type Member, type Trust } from '../core/roster.js'
import type { Said } from '../policy/judge.js'
import type { Evidence } from '../policy/weight.js'
import { keysAbout } from './keys-about.js'
import { momentsOf, type MomentCode } from './moments.js'
import { wordsOn, type Sources } from './said.js'
import { enforceable, findingOn, type Lookup } from './verdict.js'

export type ChangeCode =
  /** Enforcement goes on. */
  | 'resume'
  /** Nothing is in shadow any more. */
  | 'shadow-off'
  /** An allow entry for the question. */
  | 'allow-entry'
  /** A first-hand report of the question by this node, asking to block. */
  | 'own-report'
  /** This node's own reports are taken back, or all those of the member named. */
  | 'revocation'
  /** A dispute of this node on the key named. */
  | 'own-dispute'
  /** The member named disputes no more. */
  | 'dispute-withdrawn'
  /** This operator trusts the member named as it says. */
  | 'trust'
  /** One further corroborating member reports the key named first-hand, asking to block. */
  | 'one-more-member'
  | MomentCode

export interface Change {
  readonly code: ChangeCode
  /** The verdict's action then. */
  readonly action: Action
  readonly member?: string
  readonly trust?: Trust
  readonly type?: string
  readonly value?: string
  /** Of what time does: when, and whose words it is about. */
  readonly at?: string
  readonly members?: readonly string[]
}

type Alter = (said: Said, key: Indicator) => Said

export function changesOf(lookup: Lookup, indicator: Indicator, now: number): Change[] {
  const about = keysAbout(lookup.state.claims, indicator)
  const said = about.map((key) => wordsOn(lookup, key, now))
  const keys = about.filter((_, i) => said[i]!.evidence.length > 0)
  const is = enforceable(lookup, findingOn(lookup, indicator, now).action)
  const tried = (here: Lookup, alter: Alter = (as) => as): Action => {
    const altered = (sources: Sources, key: Indicator, at: number) => {
      const then = alter(wordsOn(sources, key, at), key)
      return then.evidence.length === 0 ? undefined : then
    }
    return enforceable(here, findingOn(here, indicator, now, altered).action)
  }
  const found: Change[] = [
    ...policyChanges(lookup, (here) => tried(here)),
    ...ownChanges(lookup, indicator, keys, now, (alter) => tried(lookup, alter)),
    ...memberChanges(said, (alter) => tried(lookup, alter)),
    ...keysWith(indicator, keys.slice(0, LIMITS.changesTriedMax)).map((key): Change => {
      const alter = adding(key, further(key, now))
      return { code: 'one-more-member', ...named(key), action: tried(lookup, alter) }
    }),
  ]
  return [...found.filter(({ action }) => action !== is), ...inTime(lookup, indicator, is, now)]
}

function policyChanges(lookup: Lookup, tried: (here: Lookup) => Action): Change[] {
  const { policy } = lookup
  const open = { ...policy, shadow: { all: false, members: [], types: [] } }
  return [
    { code: 'resume', action: tried({ ...lookup, paused: false }) },
    { code: 'shadow-off', action: tried({ ...lookup, policy: open }) },
    { code: 'allow-entry', action: tried({ ...lookup, guards: ALLOWING }) },
  ]
}

const ALLOWING = {
  on: () => ({ effect: 'out', name: 'allowed' }) as const,
  holes: () => [],
}

function ownChanges(
  { name }: Lookup,
  indicator: Indicator,
  keys: readonly Indicator[],
  now: number,
  tried: (alter: Alter) => Action,
): Change[] {
  const own = { ...further(indicator, now), member: name, standing: 'own' as const }
  const mine = { member: name, standing: 'own', about: null } as const
  const dispute = { ...mine, forked: false, overflow: false }
  return [
    { code: 'own-report', action: tried(adding(indicator, own)) },
    ...keys.slice(0, LIMITS.changesTriedMax).map((key): Change => {
      const alter: Alter = (said, at) =>
        isSame(at, key) ? { ...said, disputes: [...said.disputes, dispute] } : said
      return { code: 'own-dispute', ...named(key), action: tried(alter) }
    }),
  ]
}

function memberChanges(said: readonly Said[], tried: (alter: Alter) => Action): Change[] {
  const reporters = said.flatMap(({ evidence }) => evidence)
  const disputers = said.flatMap(({ disputes }) => disputes)
  const known = new Map([...reporters, ...disputers].map((one) => [one.member, one.standing]))
  return [...known].slice(0, LIMITS.changesTriedMax).flatMap(([member, standing]): Change[] => {
    const not = (one: { readonly member: string }) => one.member !== member
    const changes: Change[] = [
      {
        code: 'revocation',
        member,
        action: tried((as) => ({ ...as, evidence: as.evidence.filter(not) })),
      },
      {
        code: 'dispute-withdrawn',
        member,
        action: tried((as) => ({ ...as, disputes: as.disputes.filter(not) })),
      },
    ]
    if (standing === 'own') return changes
    for (const trust of TRUSTS) {
      if (trust === standing.trust) continue
      changes.push({ code: 'trust', member, trust, action: tried(trusting(member, trust)) })
    }
    return changes
  })
}

function trusting(member: string, trust: Trust): Alter {
  const change = <One extends { readonly member: string; readonly standing: Member | 'own' }>(
    one: One,
  ): One => {
    if (one.member !== member || one.standing === 'own') return one
    return { ...one, standing: { ...one.standing, trust } }
  }
  return (said) => ({
    ...said,
    evidence: said.evidence.map(change),
    disputes: said.disputes.map(change),
  })
}

function adding(key: Indicator, evidence: Evidence): Alter {
  return (said, at) =>
    isSame(at, key) ? { ...said, evidence: [...said.evidence, evidence] } : said
}

/** What one more member would say, that nothing is known of. */
function further(key: Indicator, now: number): Evidence {
  const member: Member = { name: '', role: 'member', trust: 'corroborate', keys: [], addedMs: now }
  const report = {
    kind: 'report' as const,
    ...key,
    until: now + typeOf(key.type).lifeMsDefault,
    confidence: 100,
    action: ACTION.code('block'),
    tlp: TLP.code('amber'),
    pap: PAP.code('green'),
    category: 0,
    firstHand: true,
    evidence: 0,
    campaign: null,
    labels: [],
  }
  const envelope = { id: '' as EnvelopeId, author: '' as AuthorId, seq: 0, time: now }
  const claim = { envelope, index: 0, report }
  return { claim, member: member.name, standing: member, forked: false, overflow: false }
}

/** What time alone does, up to a bound of moments. */
function inTime(lookup: Lookup, indicator: Indicator, is: Action, now: number): Change[] {
  let before = is
  return momentsOf(lookup, indicator, now).flatMap(({ atMs, paused, ...moment }): Change[] => {
    const finding = findingOn(lookup, indicator, atMs)
    const action = enforceable({ paused }, finding.action)
    if (action === before) return []
    before = action
    return [{ ...moment, action, at: new Date(atMs).toISOString() }]
  })
}

function keysWith(indicator: Indicator, keys: readonly Indicator[]): Indicator[] {
  return [indicator, ...keys.filter((key) => !isSame(key, indicator))]
}

function isSame(a: Indicator, b: Indicator): boolean {
  return a.type === b.type && a.value === b.value
}

function named({ type, value }: Indicator): Pick<Change, 'type' | 'value'> {
  return { type: typeOf(type).name, value }
}
