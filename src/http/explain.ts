/**
 * Why a verdict is what it is, with the signed envelopes behind it; and what a decision id was
 * about. As of now, with what has changed since a decision was made; or as of a time gone by.
 */
import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import type { Envelope } from '../core/envelope.js'
import { buildEvidence, envelopeOf, type EvidenceFile } from '../core/evidence.js'
import { peerNameOf, type EnvelopeId } from '../core/identity.js'
import { keyOf, typeOf } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { timeBackOf } from '../core/selection.js'
import { Decisions, isDecisionForm, type Decision } from '../lookup/decision.js'
import { behind, explain, type Explanation } from '../lookup/explain.js'
import { affectedBy, type LookUps } from '../lookup/look-ups.js'
import type { OnRecord } from '../lookup/on-record.js'
import { requestVerdictOn } from '../lookup/request-verdict.js'
import type { Lookup } from '../lookup/verdict.js'
import { mayLeave } from '../lookup/shared.js'
import { policyHash } from '../policy/rules.js'
import { OPERATOR } from './access.js'
import { refuseRaw } from './check.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem, valueOr } from './problems.js'
import { object, type App } from './shape.js'

const At = Type.Optional(Type.String())
const Question = object({ type: Type.String(), value: Type.String(), at: At })
const Named = object({ id: Type.String() })
interface Asked {
  readonly type: string
  readonly value: string
  readonly at?: string
}

/** In place of a time: that of the decision. */
const DECIDED = 'decided'

/** An envelope behind an explanation, and when it reached us. */
interface Held {
  readonly envelope: Envelope
  readonly arrivedMs: number
}
type HeldById = ReadonlyMap<EnvelopeId, Held>

export function explainRoutes(app: App, dependencies: HttpDependencies): void {
  const config = { role: 'operator' } as const

  app.get('/v1/explain', { config, schema: { querystring: Question } }, (request) => {
    const { type, value } = request.query
    refuseRaw(type, value)
    return answer(request.query)
  })
  app.post('/v1/explain', { config, schema: { body: Question } }, (request) => answer(request.body))

  const answer = async ({ type, value, at: time }: Asked) => {
    const indicator = valueOr(dependencies.read(type, value))
    const { at, now, then } = await asOf(dependencies, time)
    const explanation = explain(at, indicator, now)
    const held = await envelopesOf(dependencies, [explanation])
    return {
      ...then,
      ...shown(explanation, then),
      affected: affected(dependencies, [explanation]),
      voids: voidsIn(held),
      evidence: evidenceOf(at, [explanation], held, now),
    }
  }

  const schema = { params: Named, querystring: object({ at: At }) }
  app.get('/v1/decisions/by-id/:id', { config, schema }, async (request) => {
    const { id } = request.params
    if (!isDecisionForm(id)) throw new Problem('decision-malformed')
    const decision = opened(dependencies, id, dependencies.lookup())
    if (decision === undefined) throw new Problem('decision-unknown')
    const { at, now, then } = await asOf(dependencies, request.query.at, decision)
    const explanations = decision.asked.map((indicator) => explain(at, indicator, now))
    const held = await envelopesOf(dependencies, explanations)
    return {
      ...then,
      decision: decisionOf(decision),
      since: sinceOf(at, decision, explanations, held),
      ...(decision.asked.length > 1 ? { request: requestVerdictOn(at, decision.asked, now) } : {}),
      explanations: explanations.map((one) => shown(one, then)),
      affected: affected(dependencies, explanations),
      voids: voidsIn(held),
      evidence: evidenceOf(at, explanations, held, now),
    }
  })
}

/** Which of this node's own look-ups the reports on record have met, by the sample. */
function affected({ lookUps, clock }: HttpDependencies, explanations: readonly Explanation[]) {
  const records = explanations.flatMap(({ keys }) => keys)
  const keys = new Set(
    records.flatMap(({ said }) => said.map(({ entry }) => keyOf(entry.statement))),
  )
  const { firstMs, lastMs, ...counts } = affectedBy(lookUps, keys, clock())
  const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())
  const sample = sampleShown(lookUps)
  return { ...counts, first: iso(firstMs), last: iso(lastMs), sample }
}

/** How far what is said from the sample can be believed. */
export function sampleShown({ size }: LookUps) {
  const { held, seen, lost, sinceMs } = size
  return { held, seen, lost, since: sinceMs === undefined ? null : new Date(sinceMs).toISOString() }
}

interface AsOf {
  readonly at: Lookup
  readonly now: number
  /** For the answer, where it is not of now. */
  readonly then?: { readonly asOf: string }
}

/** What is looked up in, and when. Throws `time-malformed`, `before-history`. */
async function asOf(
  { lookup, clock, history }: HttpDependencies,
  text: string | undefined,
  decision?: Decision,
): Promise<AsOf> {
  const now = clock()
  if (text === undefined) return { at: lookup(), now }
  const isDecided = decision !== undefined && text === DECIDED
  const ms = isDecided ? decision.timeMs : timeBackOf(text, now)
  if (ms === undefined || ms > now) throw new Problem('time-malformed')
  return { at: await history.at(ms), now: ms, then: { asOf: new Date(ms).toISOString() } }
}

/** One of this node's own, or of a replica that follows it with a token there still is. */
function opened(
  { state, decisionKeyOf }: HttpDependencies,
  id: string,
  { decisions }: Lookup,
): Decision | undefined {
  const own = decisions.open(id)
  if (own !== undefined) return own
  for (const name of [OPERATOR, ...state.lists.of('tokens').keys()]) {
    const theirs = new Decisions(decisionKeyOf(name), randomBytes).open(id)
    if (theirs !== undefined) return theirs
  }
  return undefined
}

function decisionOf({ timeMs, action, policy, asked }: Decision) {
  return {
    at: new Date(timeMs).toISOString(),
    action,
    policy,
    asked: asked.map(({ type, value }) => ({ type: typeOf(type).name, value })),
  }
}

/** What is another now than when the decision was made. */
function sinceOf(
  { policy }: Lookup,
  decision: Decision,
  explanations: readonly Explanation[],
  held: HeldById,
) {
  const { timeMs } = decision
  const said = explanations.flatMap(behind)
  const arrivedMs = ({ entry: { envelope } }: OnRecord) =>
    held.get(envelope.id)?.arrivedMs ?? envelope.time
  const ended = ({ state, entry }: OnRecord) => state === 'over' && entry.statement.until > timeMs
  const told = (one: OnRecord) => ({
    ...recordShown(one),
    arrivedAt: new Date(arrivedMs(one)).toISOString(),
  })
  return {
    policy: policyHash(policy),
    policyChanged: policyHash(policy) !== decision.policy,
    said: said.filter((one) => arrivedMs(one) > timeMs).map(told),
    ended: said.filter((one) => ended(one) && arrivedMs(one) <= timeMs).map(told),
  }
}

function recordShown({ entry: _, ...record }: OnRecord): Omit<OnRecord, 'entry'> {
  return record
}

/** Whether members were current at a time gone by is not known. */
function shown({ keys, verdict, ...rest }: Explanation, then: AsOf['then']) {
  const { freshness, ...told } = verdict
  return {
    ...rest,
    verdict: { ...told, ...(then === undefined ? { freshness } : {}) },
    keys: keys.map((key) => ({ ...key, said: key.said.map(recordShown) })),
  }
}

/** The envelopes behind explanations, those that count first, up to the bound of a file. */
async function envelopesOf(
  { readLog }: HttpDependencies,
  explanations: readonly Explanation[],
): Promise<HeldById> {
  const refs = new Map(
    explanations.flatMap(behind).map(({ entry: { envelope } }) => [envelope.id, envelope]),
  )
  const held = new Map<EnvelopeId, Held>()
  for (const { id, author, seq } of [...refs.values()].slice(0, LIMITS.evidenceEnvelopesMax)) {
    const [row] = await readLog(author, seq, seq, LIMITS.envelopeBytesMax)
    const envelope = envelopeOf(row, id)
    if (envelope !== undefined) held.set(id, { envelope, arrivedMs: row!.arrivedMs })
  }
  return held
}

/** Statements of the same envelopes that say nothing to this version. */
function voidsIn(held: HeldById) {
  return [...held.values()].flatMap(({ envelope: { id, author, statements } }) =>
    statements.flatMap((statement, index) =>
      statement.kind === 'void'
        ? { envelope: id, author: peerNameOf(author), index, code: statement.code }
        : [],
    ),
  )
}

function evidenceOf(
  { policy }: Lookup,
  explanations: readonly Explanation[],
  held: HeldById,
  now: number,
): EvidenceFile {
  const questions = explanations.map(({ verdict: { type, value, action } }) => {
    return { type, value, action }
  })
  // A network may speak about several questions of one request.
  const said = new Map(
    explanations.flatMap(behind).map(({ entry, envelope, index, member, effect }) => {
      const held = effect?.held === undefined ? {} : { held: effect.held }
      return [`${envelope}/${index}`, { ...entry, member, ...held }]
    }),
  )
  const envelopes = new Map([...held].map(([id, { envelope }]) => [id, envelope]))
  const about = { questions, asOf: new Date(now).toISOString(), policy: policyHash(policy) }
  return buildEvidence(about, [...said.values()], envelopes, (tlp) => mayLeave(policy, tlp))
}
