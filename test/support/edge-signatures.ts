/**
 * Signatures on which Ed25519 implementations are known to differ, made from fixed seeds. Each is
 * built so that a laxer rule than ours (cofactored equation, ZIP-215 decoding, unreduced S) would
 * accept it.
 */
import { createHash } from 'node:crypto'
import { Point } from '@noble/ed25519'
import { publicKeyOf, sign } from '../../src/core/signature.js'

export interface EdgeCase {
  readonly name: string
  readonly key: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
  /** Whether the one rule accepts it. */
  readonly valid: boolean
}

const { n: L } = Point.CURVE()
/** A point of order eight (speccheck); its multiples are all small-order points. */
const TORSION = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')

const sha512 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha512').update(Buffer.concat(parts)).digest()
const seedOf = (name: string): Buffer => createHash('sha256').update(`edge/${name}`).digest()

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

function toLittleEndian(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse()
}

const scalarOf = (name: string): bigint => fromLittleEndian(sha512(seedOf(name))) % L
const challenge = (r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint =>
  fromLittleEndian(sha512(r, a, message)) % L

function small(multiple: number): Point {
  let point = Point.ZERO
  for (let i = 0; i < multiple; i++) point = point.add(TORSION)
  return point
}

/** A signature (R, S) that satisfies the cofactored equation for A = aB + T, R = rB + U. */
function forge(
  r: { readonly scalar: bigint; readonly encoded: Uint8Array },
  a: { readonly scalar: bigint; readonly encoded: Uint8Array },
  message: Uint8Array,
): Buffer {
  const s = (r.scalar + challenge(r.encoded, a.encoded, message) * a.scalar) % L
  return Buffer.concat([r.encoded, toLittleEndian(s)])
}

function withTorsion(scalar: bigint, multiple: number): { scalar: bigint; encoded: Uint8Array } {
  const base = scalar === 0n ? Point.ZERO : Point.BASE.multiply(scalar)
  return { scalar, encoded: base.add(small(multiple)).toBytes() }
}

/** The first of a row of messages whose challenge is a multiple of eight, so that [k]T vanishes. */
function messageThatHides(r: Uint8Array, a: Uint8Array): Buffer {
  for (let i = 0; ; i++) {
    const message = Buffer.from(`hidden torsion ${i}`)
    if (challenge(r, a, message) % 8n === 0n) return message
  }
}

function keysOfSmallOrder(): EdgeCase[] {
  const r = withTorsion(scalarOf('r'), 0)
  return [1, 2, 3, 4, 5, 6, 7, 8].map((multiple) => {
    const a = withTorsion(0n, multiple % 8)
    const message = messageThatHides(r.encoded, a.encoded)
    const name = `small-order key ${multiple}, equation holds`
    return { name, key: a.encoded, message, signature: forge(r, a, message), valid: false }
  })
}

function keysOfMixedOrder(): EdgeCase[] {
  const r = withTorsion(scalarOf('r'), 0)
  return [1, 2, 4].flatMap((multiple) => {
    const a = withTorsion(scalarOf('a'), multiple)
    const hidden = messageThatHides(r.encoded, a.encoded)
    const plain = Buffer.from('plain')
    const name = `mixed-order key ${multiple}`
    return [
      { name: `${name}, equation holds`, key: a.encoded, message: hidden },
      { name: `${name}, only cofactored`, key: a.encoded, message: plain },
    ].map((one) => ({ ...one, signature: forge(r, a, one.message), valid: false }))
  })
}

function badR(): EdgeCase[] {
  const a = withTorsion(scalarOf('a'), 0)
  const message = Buffer.from('R')
  const small = [0, 1, 2, 3, 4, 5, 6, 7].map((multiple) => ({
    name: multiple === 0 ? 'R is the identity, equation holds' : `small-order R ${multiple}`,
    r: withTorsion(0n, multiple),
  }))
  const mixed = [1, 2, 4].map((multiple) => ({
    name: `mixed-order R ${multiple}`,
    r: withTorsion(scalarOf('r'), multiple),
  }))
  const noncanonical = Object.entries(IDENTITIES).map(([how, hex]) => ({
    name: `R is the identity, ${how}`,
    r: { scalar: 0n, encoded: Buffer.from(hex, 'hex') },
  }))
  return [...small, ...mixed, ...noncanonical].map(({ name, r }) => {
    return { name, key: a.encoded, message, signature: forge(r, a, message), valid: false }
  })
}

/** Encodings that a lax decoder takes for the identity: x = 0 with a sign, y not reduced. */
const IDENTITIES = {
  'x = 0 with sign': `01${'00'.repeat(30)}80`,
  'y = p + 1': `ee${'ff'.repeat(30)}7f`,
  'y = p + 1 with sign': `ee${'ff'.repeat(31)}`,
}

function noncanonicalKeys(): EdgeCase[] {
  const r = withTorsion(scalarOf('r'), 0)
  const message = Buffer.from('A')
  const identities = Object.entries(IDENTITIES).map(([how, hex]) => {
    const a = { scalar: 0n, encoded: Buffer.from(hex, 'hex') }
    const name = `key is the identity, ${how}`
    return { name, key: a.encoded, message, signature: forge(r, a, message), valid: false }
  })
  const others = Array.from({ length: 19 }, (_, y) => {
    const key = toLittleEndian(2n ** 255n - 19n + BigInt(y))
    const signature = forge(r, { scalar: 0n, encoded: key }, message)
    return { name: `key with y = p + ${y}`, key, message, signature, valid: false }
  })
  return [...identities, ...others]
}

function badS(): EdgeCase[] {
  const seed = seedOf('honest')
  const key = publicKeyOf(seed)
  const message = Buffer.from('S')
  const good = sign(message, seed)
  const s = fromLittleEndian(good.subarray(32))
  const cases = {
    'S + L': s + L,
    'S + 8 L': s + 8n * L,
    'S = L': L,
    'S = 0': 0n,
    'S = 2^256 - 1': -1n,
  }
  return Object.entries(cases).map(([name, number]) => {
    const wide = number < 0n ? 2n ** 256n - 1n : number
    const signature = Buffer.concat([good.subarray(0, 32), toLittleEndian(wide)])
    return { name, key, message, signature, valid: false }
  })
}

function honest(): EdgeCase[] {
  const seed = seedOf('honest')
  const other = publicKeyOf(seedOf('other'))
  const key = publicKeyOf(seed)
  const message = Buffer.from('tocsin')
  const signature = sign(message, seed)
  const long = Buffer.alloc(1_024, 7)
  return [
    { name: 'honest', key, message, signature, valid: true },
    {
      name: 'honest, empty message',
      key,
      message: Buffer.alloc(0),
      signature: sign(Buffer.alloc(0), seed),
      valid: true,
    },
    { name: 'honest, long message', key, message: long, signature: sign(long, seed), valid: true },
    { name: 'another message', key, message: long, signature, valid: false },
    { name: 'another key', key: other, message, signature, valid: false },
  ]
}

function wrongLengths(): EdgeCase[] {
  const seed = seedOf('honest')
  const key = publicKeyOf(seed)
  const message = Buffer.from('tocsin')
  const signature = sign(message, seed)
  const longer = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.of(0)])
  return [
    { name: 'signature of 0 bytes', key, signature: Buffer.alloc(0) },
    { name: 'signature of 63 bytes', key, signature: signature.subarray(0, 63) },
    { name: 'signature of 65 bytes', key, signature: longer(signature) },
    { name: 'key of 0 bytes', key: Buffer.alloc(0), signature },
    { name: 'key of 31 bytes', key: key.subarray(0, 31), signature },
    { name: 'key of 33 bytes', key: longer(key), signature },
  ].map((one) => ({ ...one, message, valid: false }))
}

export function edgeCases(): EdgeCase[] {
  return [
    ...honest(),
    ...wrongLengths(),
    ...badS(),
    ...keysOfSmallOrder(),
    ...keysOfMixedOrder(),
    ...noncanonicalKeys(),
    ...badR(),
  ]
}
