/**
 * `verify --proof`: what a file proves, with public keys only and no node. A fork proof shows that
 * a key signed two histories; an evidence file, what was signed behind a verdict.
 */
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkEvidence, type Checked, type EvidenceCheck } from '../core/evidence-check.js'
import { EVIDENCE_FORMAT } from '../core/evidence.js'
import { openFork } from '../core/fork.js'
import { peerNameOf } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

/** Twice an evidence file of the largest envelopes in base64. */
const FILE_BYTES_MAX = 3 * LIMITS.evidenceEnvelopesMax * LIMITS.envelopeBytesMax

/** A fork proof in base64, hex, or as `/v1/forks` has it; or an evidence file. */
export function checkProof(shell: Shell, path: string): void {
  const file = resolve(shell.streams.cwd, path)
  if (statSync(file).size > FILE_BYTES_MAX)
    throw new Failure('proof-malformed', 'no proof is so long')
  const text = readFileSync(file, 'utf8').trim()
  const json = text.startsWith('{') ? parse(text) : undefined
  if (json?.['format'] === EVIDENCE_FORMAT) return tellEvidence(shell, json)
  const format = json?.['format']
  if (typeof format === 'string' && format.startsWith('tocsin-evidence/')) {
    const message = `${format} is newer than what is read here, ${EVIDENCE_FORMAT}`
    throw new Failure('evidence-version-unknown', message)
  }
  tellFork(shell, typeof json?.['proof'] === 'string' ? json['proof'] : text)
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new Failure('proof-malformed', 'neither a proof nor an evidence file')
  }
}

function tellFork(shell: Shell, text: string): void {
  const bytes = Buffer.from(text, /^(?:[0-9a-f]{2})+$/i.test(text) ? 'hex' : 'base64')
  // A view of its own: small buffers share one pool.
  const proof = openFork(new Uint8Array(bytes))
  if (proof === undefined) {
    throw new Failure('fork-unproven', 'this does not prove that a key signed two histories')
  }
  const { networkId, author, seq } = proof
  if (shell.json) shell.print(JSON.stringify({ networkId, peerId: peerNameOf(author), seq }))
  else shell.print(`${peerNameOf(author)} signed two histories, from number ${seq} on`)
}

function tellEvidence(shell: Shell, json: unknown): void {
  const checked = checkEvidence(json)
  if (!checked.ok) throw new Failure(checked.code, 'not an evidence file of this format')
  if (shell.json) shell.print(JSON.stringify(checked.value))
  else shell.print(textOf(checked.value))
  if (checked.value.ok) return
  const isWrong = checked.value.statements.some(({ state }) => state === 'wrong')
  throw isWrong
    ? new Failure('evidence-wrong', 'not everything in it was signed as it says')
    : new Failure('evidence-empty', 'nothing in it is proven')
}

const MEANING = {
  proven: 'signed as it says by the key named',
  header: 'the key signed an envelope of this number and time; what it says is not in the file',
  wrong: 'NOT signed as it says',
} as const

function textOf({ statements }: EvidenceCheck): string {
  const states = (Object.keys(MEANING) as (keyof typeof MEANING)[]).flatMap((state) => {
    const some = statements.filter((one) => one.state === state)
    return some.length === 0
      ? []
      : [`${state}: ${MEANING[state]}`, columns(some.map((one) => rowOf(one).map(printable)))]
  })
  const keys = 'Whose a key is, its member card says. Names and actions in the file are unsigned.'
  return [...states, keys].join('\n')
}

/** A file of somebody else's must not speak to the terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, LIMITS.valueTextMax + 64)
}

function rowOf({ author, envelope, index, seq, time, says, problem }: Checked): string[] {
  const { kind, type, value, action, confidence, firstHand, reason, until } = says
  const about = [action, reason].filter((one) => one !== undefined).join(' ')
  const hand = firstHand === undefined ? '' : firstHand === true ? 'first-hand' : 'second-hand'
  return [
    `  ${author ?? 'unknown'}`,
    seq === undefined ? '' : `number ${seq}.${index}`,
    time === undefined ? '' : new Date(time).toISOString(),
    `${String(kind)} ${about}`.trim(),
    `${String(type)} ${String(value)}`,
    confidence === undefined ? '' : `confidence ${String(confidence)}`,
    hand,
    `until ${String(until)}`,
    problem ?? `envelope ${envelope.slice(0, 16)}`,
  ]
}
