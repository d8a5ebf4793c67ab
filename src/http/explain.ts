/**
 * Why a verdict is what it is, with the signed envelopes behind it; and what a decision id was
 * about. A decision is explained as of now, with what has changed since it was made.
 */
import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { canonicalise } from '../core/canonical-form.js'
import { TLP } from '../core/codes.js'
import type { Envelope } from '../core/envelope.js'
import { buildEvidence, envelopeOf, type EvidenceFile } from '../core/evidence.js'
import { peerNameOf, type EnvelopeId } from '../core/identity.js'
import { typeByName, typeOf } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { Decisions, isDecisionForm, type Decision } from '../lookup/decision.js'
import { behind, explain, type Explanation } from '../lookup/explain.js'
import type { OnRecord } from '../lookup/on-record.js'
import { requestVerdictOn } from '../lookup/request-verdict.js'
import type { Lookup } from '../lookup/verdict.js'
import { policyHash } from '../policy/rules.js'
import { OPERATOR } from './access.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem, valueOr } from './problems.js'
import { object, type App } from './shape.js'

const Question = object({ type: Type.String(), value: Type.String() })
const Named = object({ id: Type.String() })

/** An envelope behind an explanation, and when it reached us. */
interface Held {
  readonly envelope: Envelope
  readonly arrivedMs: number
}
type HeldById = ReadonlyMap<EnvelopeId, Held>

export function explainRoutes(app: App, dependencies: HttpDependencies): void {
  const { lookup, clock } = dependencies
  const config = { role: 'operator' } as const

  app.get('/v1/explain', { config, schema: { querystring: Question } }, async (request) => {
    const { type, value } = request.query
    if (typeByName(type)?.privacy === 'keyed') throw new Problem('use-post')
    const indicator = valueOr(canonicalise(type, value))
    const [at, now] = [lookup(), clock()]
    const explanation = explain(at, indicator, now)
    const held = await envelopesOf(dependencies, [explanation])
    return {
      ...shown(explanation),
      voids: voidsIn(held),
      evidence: evidenceOf(at, [explanation], held, now),
    }
  })

  const schema = { params: Named }
  app.get('/v1/decisions/by-id/:id', { config, schema }, async (request) => {
    const { id } = request.params
    if (!isDecisionForm(id)) throw new Problem('decision-malformed')
    const [at, now] = [lookup(), clock()]
    const decision = opened(dependencies, id, at)
    if (decision === undefined) throw new Problem('decision-unknown')
    const explanations = decision.asked.map((indicator) => explain(at, indicator, now))
    const held = await envelopesOf(dependencies, explanations)
    return {
      decision: decisionOf(decision),
      since: sinceOf(at, decision, explanations, held),
      ...(decision.asked.length > 1 ? { request: requestVerdictOn(at, decision.asked, now) } : {}),
      explanations: explanations.map(shown),
      voids: voidsIn(held),
      evidence: evidenceOf(at, explanations, held, now),
    }
  })
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

function shown({ keys, ...rest }: Explanation) {
  return { ...rest, keys: keys.map((key) => ({ ...key, said: key.said.map(recordShown) })) }
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
  const mayLeave = (tlp: number) => policy.tlp[TLP.name(tlp)!].export
  return buildEvidence(about, [...said.values()], envelopes, mayLeave)
}
