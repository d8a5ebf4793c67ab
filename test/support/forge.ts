/** Wire bytes with any field chosen at will and a true signature over whatever came out. */
import { createHash } from 'node:crypto'
import { encode, type Cbor } from '../../src/core/canonical.js'
import { ENVELOPE_DOMAIN } from '../../src/core/envelope.js'
import { bytesOf } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { publicKeyOf, sign } from '../../src/core/signature.js'
import { toWire } from '../../src/core/statement.js'
import { report, TIME } from './memory-log.js'

export interface Forged {
  readonly seed: Uint8Array
  readonly networkId: string
  readonly version?: number
  readonly seq?: number
  readonly prev?: Uint8Array | null
  readonly time?: number
  readonly expires?: number
  readonly statements?: readonly Cbor[]
  readonly payloadHash?: Uint8Array
}

export function forge(wanted: Forged): Uint8Array {
  const time = wanted.time ?? TIME
  const until = time + DAY_MS
  const payload = encode(wanted.statements ?? [toWire(report('192.0.2.7', until))])
  const seq = wanted.seq ?? 1
  const header = encode([
    wanted.version ?? 1,
    bytesOf(wanted.networkId),
    publicKeyOf(wanted.seed),
    seq,
    wanted.prev ?? (seq === 1 ? null : new Uint8Array(32)),
    time,
    wanted.expires ?? until,
    wanted.payloadHash ?? createHash('sha256').update(payload).digest(),
    payload.length,
  ])
  const signed = Buffer.concat([Buffer.from(ENVELOPE_DOMAIN, 'latin1'), header])
  return encode([header, sign(signed, wanted.seed), payload])
}
