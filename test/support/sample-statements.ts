/** Statements as wire arrays: each kind, each way to be void, each way to be refused. */
import type { Cbor } from '../../src/core/canonical.js'
import { T0 } from './samples.js'

const until = T0 + 86_400_000
const IP = '198.51.100.7'
const campaign = Buffer.alloc(16, 0xca)
const author = Buffer.alloc(32, 0xa1)
const keyed = Buffer.alloc(20, 0x2e)

/** A report's fields with some of them replaced. */
function report(changes: Readonly<Record<number, Cbor>> = {}): Cbor[] {
  const fields: Cbor[] = [1, until, 1, IP, 80, 4, 3, 3, 1, 1, 3, null, []]
  for (const [at, value] of Object.entries(changes)) fields[Number(at)] = value
  return fields
}

const sound: Readonly<Record<string, Cbor>> = {
  report: report(),
  'report with campaign and labels': report({ 11: campaign, 12: [1, 4] }),
  'report second-hand, unspecified': report({ 4: 0, 5: 1, 8: 0, 9: 0, 10: 0 }),
  'report of a keyed value': report({ 2: 11, 3: keyed }),
  'report of a network': report({ 2: 3, 3: '198.51.100.0/24' }),
  'report with 8 labels': report({ 12: [1, 2, 3, 4, 1, 2, 3, 4] }),
  revocation: [2, until, 1, IP, 1, null],
  'revocation of a sibling key': [2, until, 1, IP, 6, author],
  sighting: [3, until, 1, IP, 3, 20_000],
  dispute: [4, until, 1, IP, null, 1],
  'dispute withdrawn': [4, until, 1, IP, author, 0],
}

const voids: Readonly<Record<string, Cbor>> = {
  'kind-unknown: 5': [5, until, 'whatever', [1, [2]]],
  'kind-unknown: 0': [0, until],
  'type-unknown': report({ 2: 99 }),
  'code-unknown: tlp': report({ 6: 9 }),
  'code-unknown: pap': report({ 7: 0 }),
  'code-unknown: category': report({ 8: 99 }),
  'code-unknown: evidence': report({ 10: 6 }),
  'code-unknown: label': report({ 12: [9] }),
  'code-unknown: revocation reason': [2, until, 1, IP, 0, null],
  'code-unknown: sighting count': [3, until, 1, IP, 0, 20_000],
  'code-unknown: dispute reason': [4, until, 1, IP, null, 5],
  'field-unknown: report': [...report(), 1],
  'field-unknown: revocation': [2, until, 1, IP, 1, null, null],
  'value-form: spelling': report({ 3: '198.51.100.07' }),
  'value-form: another type': report({ 2: 6 }),
  'value-form: bytes of a clear type': report({ 3: keyed }),
  'value-form: text of a keyed type': report({ 2: 11 }),
  'value-form: keyed length': report({ 2: 11, 3: Buffer.alloc(21) }),
  'value-form: too wide a network': report({ 2: 3, 3: '198.0.0.0/8' }),
}

const refused: Readonly<Record<string, Cbor>> = {
  'not a list': 1,
  null: null,
  'empty list': [],
  'no until': [1],
  'until is text': [9, 'soon'],
  'kind is text': ['report', until],
  'report too short': report().slice(0, 12),
  'type is text': report({ 2: 'net.ipv4' }),
  'value is a number': report({ 3: 7 }),
  'value is empty': report({ 3: '' }),
  'value of no bytes': report({ 3: Buffer.alloc(0) }),
  'text value of 256': report({ 3: 'a'.repeat(256) }),
  'bytes value of 513': report({ 2: 21, 3: Buffer.alloc(513) }),
  'confidence 101': report({ 4: 101 }),
  'action 0': report({ 5: 0 }),
  'action 5': report({ 5: 5 }),
  'tlp is null': report({ 6: null }),
  'first hand 2': report({ 9: 2 }),
  'campaign of 15 bytes': report({ 11: Buffer.alloc(15) }),
  'labels is null': report({ 12: null }),
  '9 labels': report({ 12: [1, 1, 1, 1, 1, 1, 1, 1, 1] }),
  'label is text': report({ 12: ['drill'] }),
  'revocation too short': [2, until, 1, IP, 1],
  'revocation author of 31 bytes': [2, until, 1, IP, 1, Buffer.alloc(31)],
  'sighting day is null': [3, until, 1, IP, 3, null],
  'dispute reason is null': [4, until, 1, IP, null, null],
}

export function sampleStatements(): { readonly name: string; readonly wire: Cbor }[] {
  const named = (group: string, rows: Readonly<Record<string, Cbor>>) =>
    Object.entries(rows).map(([name, wire]) => ({ name: `${group}: ${name}`, wire }))
  return [...named('sound', sound), ...named('void', voids), ...named('refused', refused)]
}
