/**
 * Checks an evidence file with public keys only: no node, roster or clock. What is `proven` was
 * signed by that key as the file says. A key is a name of nobody: whose it is, its member card
 * says.
 */
import { EVIDENCE_FORMAT, sayingOf, type Saying } from './evidence.js'
import { open, verifySeal, type Envelope, type OpenCode } from './envelope.js'
import { peerNameOf, type PeerName } from './identity.js'
import { LIMITS } from './limits.js'
import { failed, fine, type Result } from './outcome.js'

export type EvidenceProblem =
  | OpenCode
  | 'key-weak'
  | 'signature-wrong'
  /** The wire is another envelope than the one it is said to be. */
  | 'envelope-differs'
  /** The author signed something else at that place. */
  | 'statement-differs'

export interface Checked {
  readonly envelope: string
  readonly index: number
  readonly says: Saying
  /**
   * proven: signed as it says. header: the author signed an envelope of that number and time whose
   * payload is not in the file, so nothing is known of what it says. wrong: not so.
   */
  readonly state: 'proven' | 'header' | 'wrong'
  readonly problem?: EvidenceProblem
  readonly author?: PeerName
  readonly seq?: number
  /** Milliseconds since 1970 UTC by the author's clock. */
  readonly time?: number
  readonly networkId?: string
}

export interface EvidenceCheck {
  /** Something is proven, and nothing is wrong. */
  readonly ok: boolean
  readonly statements: readonly Checked[]
}

interface Part {
  readonly id: string
  readonly author: string
  readonly wire: string
  readonly statements: readonly { readonly index: number; readonly says: Saying }[]
}

export function checkEvidence(file: unknown): Result<EvidenceCheck, 'evidence-malformed'> {
  const parts = partsOf(file)
  if (parts === undefined) return failed('evidence-malformed')
  const statements = parts.flatMap(checkPart)
  const isWrong = statements.some(({ state }) => state === 'wrong')
  const isProven = statements.some(({ state }) => state === 'proven')
  return fine({ ok: isProven && !isWrong, statements })
}

function checkPart({ id, author, wire, statements }: Part): Checked[] {
  const opened = openWire(wire)
  const envelope = opened.ok ? opened.value : undefined
  const isMeant = envelope?.id === id && peerNameOf(envelope.author) === author
  const problem = opened.ok ? (isMeant ? undefined : 'envelope-differs') : opened.code
  return statements.map(({ index, says }): Checked => {
    const place = { envelope: id, index, says }
    if (problem !== undefined || envelope === undefined) return { ...place, ...wrong(problem!) }
    const { seq, time, networkId } = envelope
    const known = { ...place, author: peerNameOf(envelope.author), seq, time, networkId }
    if (envelope.payload === null) return { ...known, state: 'header' }
    const said = envelope.statements[index]
    const isSaid = said !== undefined && said.kind !== 'void' && isSame(sayingOf(said), says)
    return { ...known, ...(isSaid ? { state: 'proven' } : wrong('statement-differs')) }
  })
}

function wrong(problem: EvidenceProblem): Pick<Checked, 'state' | 'problem'> {
  return { state: 'wrong', problem }
}

function openWire(base64: string): Result<Envelope, EvidenceProblem> {
  const opened = open(new Uint8Array(Buffer.from(base64, 'base64')))
  return opened.ok ? verifySeal(opened.value) : opened
}

function isSame(a: Saying, b: Saying): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]))
}

/** The envelopes of a file of this format, or undefined where it is none. */
function partsOf(file: unknown): readonly Part[] | undefined {
  if (!isRecord(file) || file['format'] !== EVIDENCE_FORMAT) return undefined
  const envelopes = file['envelopes']
  if (!Array.isArray(envelopes) || envelopes.length > LIMITS.evidenceEnvelopesMax) return undefined
  return envelopes.every(isPart) ? envelopes : undefined
}

function isPart(part: unknown): part is Part {
  if (!isRecord(part)) return false
  const { id, author, wire, statements } = part
  if (typeof id !== 'string' || typeof author !== 'string' || typeof wire !== 'string') return false
  if (!Array.isArray(statements) || statements.length > LIMITS.statementsMax) return false
  return statements.every(
    (one: unknown) => isRecord(one) && Number.isInteger(one['index']) && isRecord(one['says']),
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
