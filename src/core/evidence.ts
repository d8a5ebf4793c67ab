/**
 * The signed envelopes behind a verdict as a file that anybody checks offline with public keys
 * only (`tocsin-evidence/1`, README). Proven is what each author signed and when it says it did.
 * Names of members, why something is held, the action and the policy are the word of whoever wrote
 * the file: verdicts are local and nobody else's business.
 *
 * A signature covers its whole payload, so a file carries what else was said in the same envelope.
 * Where one of those statements may not leave, the payload is left out and only the header is
 * shown.
 */
import {
  ACTION,
  BUCKET,
  CATEGORY,
  DISPUTE_REASON,
  LABEL,
  PAP,
  REVOCATION_REASON,
  TLP,
  type Action,
} from './codes.js'
import { openParts, toBytes, type Envelope } from './envelope.js'
import { peerNameOf, type AuthorId, type EnvelopeId } from './identity.js'
import { typeOf } from './indicator.js'
import type { Statement } from './statement.js'
import type { LogRow } from './store-port.js'

export const EVIDENCE_FORMAT = 'tocsin-evidence/1'

/** A statement in the names people use; JSON. */
export type Saying = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

export interface Question {
  readonly type: string
  readonly value: string
  /** The verdict on it. */
  readonly action: Action
}

export interface EvidenceStatement {
  /** Place in the payload, from 0. */
  readonly index: number
  readonly says: Saying
  /** Why it does not act, or acts less than it asks, where the file was written. */
  readonly held?: string
}

export interface EvidenceEnvelope {
  readonly id: EnvelopeId
  readonly author: string
  /** What the roster of whoever wrote the file calls the author. */
  readonly member: string | null
  /** base64 of header, signature and payload; with null for the payload where it is left out. */
  readonly wire: string
  /** gone: dropped after it expired. marks: a statement in it may not leave. */
  readonly payload?: 'gone' | 'marks'
  readonly statements: readonly EvidenceStatement[]
}

export interface EvidenceFile {
  readonly format: typeof EVIDENCE_FORMAT
  readonly questions: readonly Question[]
  readonly asOf: string
  /** Hash of the policy that the actions are the verdicts of. */
  readonly policy: string
  readonly envelopes: readonly EvidenceEnvelope[]
  /** Envelopes that are no longer held, or beyond the bound of a file. */
  readonly missing: readonly EnvelopeId[]
}

/** One statement behind a verdict, and where it stands. */
export interface Behind {
  readonly envelope: { readonly id: EnvelopeId; readonly author: AuthorId; readonly seq: number }
  readonly index: number
  readonly statement: Statement
  readonly member: string | null
  readonly held?: string
}

/** The envelope of a row, where it is the one that is meant. */
export function envelopeOf(row: LogRow | undefined, id: EnvelopeId): Envelope | undefined {
  if (row === undefined) return undefined
  const opened = openParts(row.header, row.signature, row.payload)
  return opened.ok && opened.value.id === id ? opened.value : undefined
}

/** `mayLeave`: whether a statement under a TLP code may be shown to others. */
export function buildEvidence(
  about: Pick<EvidenceFile, 'questions' | 'asOf' | 'policy'>,
  behind: readonly Behind[],
  held: ReadonlyMap<EnvelopeId, Envelope>,
  mayLeave: (tlp: number) => boolean,
): EvidenceFile {
  const byId = new Map<EnvelopeId, Behind[]>()
  for (const one of behind) {
    byId.set(one.envelope.id, [...(byId.get(one.envelope.id) ?? []), one])
  }
  const envelopes: EvidenceEnvelope[] = []
  const missing: EnvelopeId[] = []
  for (const [id, statements] of byId) {
    const envelope = held.get(id)
    if (envelope === undefined) missing.push(id)
    else envelopes.push(shown(envelope, statements, mayLeave))
  }
  return { format: EVIDENCE_FORMAT, ...about, envelopes, missing }
}

function shown(
  envelope: Envelope,
  behind: readonly Behind[],
  mayLeave: (tlp: number) => boolean,
): EvidenceEnvelope {
  const stays = envelope.statements.some((said) => said.kind === 'report' && !mayLeave(said.tlp))
  const payload = envelope.payload === null ? 'gone' : stays ? 'marks' : undefined
  const wire = toBytes(payload === undefined ? envelope : { ...envelope, payload: null })
  return {
    id: envelope.id,
    author: peerNameOf(envelope.author),
    member: behind[0]!.member,
    wire: Buffer.from(wire).toString('base64'),
    ...(payload === undefined ? {} : { payload }),
    statements: behind
      .filter(({ statement }) => statement.kind !== 'report' || mayLeave(statement.tlp))
      .map(({ index, statement, held }) => ({
        index,
        says: sayingOf(statement),
        ...(held === undefined ? {} : { held }),
      })),
  }
}

export function sayingOf(statement: Statement): Saying {
  const { kind, type, value } = statement
  const until = new Date(statement.until).toISOString()
  const common = { kind, type: typeOf(type).name, value, until }
  switch (statement.kind) {
    case 'report':
      return {
        ...common,
        action: ACTION.name(statement.action)!,
        confidence: statement.confidence,
        firstHand: statement.firstHand,
        category: CATEGORY.name(statement.category)!,
        tlp: TLP.name(statement.tlp)!,
        pap: PAP.name(statement.pap)!,
        evidence: BUCKET.name(statement.evidence)!,
        campaign: statement.campaign,
        labels: statement.labels.map((label) => LABEL.name(label)!),
      }
    case 'revocation':
      return {
        ...common,
        reason: REVOCATION_REASON.name(statement.reason)!,
        author: statement.author === null ? null : peerNameOf(statement.author),
      }
    case 'sighting':
      return { ...common, count: BUCKET.name(statement.count)!, day: statement.day }
    case 'dispute':
      return {
        ...common,
        reason: DISPUTE_REASON.name(statement.reason)!,
        author: statement.author === null ? null : peerNameOf(statement.author),
      }
  }
}
