/**
 * Makes test/vectors/*.json: `npx tsx scripts/make-vectors.ts`. Deterministic. The files are
 * frozen: they are made anew only where the protocol gains something, and the diff is the change to
 * review. Tests read the files and never call this.
 */
import { writeFileSync } from 'node:fs'
import { canonicalise, isForm } from '../src/core/canonical-form.js'
import { open, verifySeal } from '../src/core/envelope.js'
import { hexOf } from '../src/core/identity.js'
import { keyOf, typeByName } from '../src/core/indicator.js'
import { isSoundKey } from '../src/core/signature.js'
import { fromWire } from '../src/core/statement.js'
import { decode, encode } from '../src/core/canonical.js'
import { edgeCases } from '../test/support/edge-signatures.js'
import { sampleEnvelopes } from '../test/support/sample-envelopes.js'
import { sampleStatements } from '../test/support/sample-statements.js'
import { rawValues } from '../test/support/raw-values.js'
import { wireValues } from '../test/support/wire-values.js'

function write(name: keyof typeof about, rows: object): void {
  const file = new URL(`../test/vectors/${name}.json`, import.meta.url)
  writeFileSync(file, `${JSON.stringify({ about: about[name], ...rows }, null, 1)}\n`)
}

function formRow([type, raw]: readonly [string, string]): object {
  const made = canonicalise(type, raw)
  if (!made.ok) return { type, raw, code: made.code }
  return { type, raw, canonical: made.value.value, key: keyOf(made.value) }
}

function statementRow({ name, wire }: ReturnType<typeof sampleStatements>[number]): object {
  const hex = hexOf(encode(wire))
  const read = fromWire(decode(encode(wire)))
  if (!read.ok) return { name, wire: hex, refused: read.code }
  return { name, wire: hex, statement: read.value }
}

function envelopeRow({ name, bytes, ...rest }: ReturnType<typeof sampleEnvelopes>[number]): object {
  const wire = hexOf(bytes)
  const opened = open(bytes)
  if (!opened.ok) {
    const outcome = opened.code === 'version-unknown' ? 'ignored' : 'refused'
    return { name, wire, outcome, code: opened.code }
  }
  const seal = verifySeal(opened.value)
  if (!seal.ok) return { name, wire, outcome: 'refused', code: seal.code }
  const { id, author, seq, prev, time, expires, statements } = opened.value
  const head = { id, author, seq, prev, time, expires }
  const said = statements.map((s) => (s.kind === 'void' ? `void ${s.code}` : s.kind))
  const verdict = rest.after === undefined ? { outcome: 'accepted' } : rest
  return { name, wire, ...verdict, ...head, statements: said }
}

const about = {
  'canonical-forms':
    'raw as a person writes it → canonical → key, or the code it is refused with; ' +
    'forms: what a receiver takes for a value of the type',
  statements: 'one statement as CBOR in hex → what it says, why it is void, or why it is refused',
  envelopes:
    'wire bytes in hex → outcome by their bytes and signature alone; ' +
    '`after` names the envelope that must come before for the outcome to be that',
  signatures:
    'key, message and signature in hex → whether the one signature rule accepts them; ' +
    'sound: whether the key may be admitted',
}

write('canonical-forms', {
  rows: rawValues.map(formRow),
  forms: wireValues.map(([type, value]) => ({
    type,
    value,
    form: isForm(typeByName(type)!, value),
  })),
})
write('statements', { rows: sampleStatements().map(statementRow) })
write('envelopes', { rows: sampleEnvelopes().map(envelopeRow) })
write('signatures', {
  rows: edgeCases().map(({ name, key, message, signature, valid }) => ({
    name,
    key: hexOf(key),
    message: hexOf(message),
    signature: hexOf(signature),
    valid,
    sound: isSoundKey(key),
  })),
})
