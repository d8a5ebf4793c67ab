/** The few values everybody in a simulated world talks about, so that claims meet. */
import { canonicalise } from '../../src/core/canonical-form.js'
import { typeByName, type Indicator } from '../../src/core/indicator.js'

export interface Value {
  readonly type: 'net.ipv4' | 'net.cidr' | 'actor.email-domain'
  readonly value: string
}

const addresses = [7, 8, 9, 10, 11].flatMap((host) => [`198.51.100.${host}`, `203.0.113.${host}`])

export const VALUES: readonly Value[] = [
  ...addresses.map((value) => ({ type: 'net.ipv4', value }) as const),
  { type: 'net.cidr', value: '198.51.100.0/24' },
  { type: 'net.cidr', value: '198.51.100.8/30' },
  { type: 'actor.email-domain', value: 'sim-one.example' },
  { type: 'actor.email-domain', value: 'sim-two.example' },
]

export const INDICATORS: ReadonlyMap<Value, Indicator> = new Map(
  VALUES.map((value) => {
    const indicator = canonicalise(value.type, value.value)
    if (!indicator.ok) throw new Error(indicator.code)
    return [value, indicator.value]
  }),
)

const byPlace = new Map(
  VALUES.map((value) => [`${typeByName(value.type)!.code} ${value.value}`, value]),
)

/** The value that a statement is about. */
export function valueOf(statement: { type: number; value: string | Uint8Array }): Value {
  return byPlace.get(`${statement.type} ${String(statement.value)}`)!
}

/** The values such that what is said about them bears on `asked`. */
export function bearingOn(asked: Value): readonly Value[] {
  return bearing.get(asked)!
}

const bearing = new Map(
  VALUES.map((asked) => [asked, VALUES.filter((said) => bearsOn(said, asked))]),
)

/** Worked out apart from the code under test. */
function bearsOn(said: Value, asked: Value): boolean {
  if (said.type === asked.type && said.value === asked.value) return true
  if (said.type !== 'net.cidr' || asked.type === 'actor.email-domain') return false
  const [base, length] = rangeOf(said.value)
  const [other, otherLength] = rangeOf(asked.value)
  return otherLength > length && base >> (32n - length) === other >> (32n - length)
}

function rangeOf(text: string): [bigint, bigint] {
  const [address, length] = text.split('/')
  const bytes = address!.split('.').map(BigInt)
  return [bytes.reduce((sum, byte) => sum * 256n + byte, 0n), BigInt(length ?? 32)]
}
