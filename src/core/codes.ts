/**
 * The closed tables of small integers that travel, with the names people use for them.
 * A number once given is never reused; a new meaning is a new number (SURFACE.md "Codes").
 */
export interface CodeTable<Name extends string> {
  readonly names: readonly Name[]
  code(name: Name): number
  name(code: number): Name | undefined
  parse(name: string): number | undefined
}

function table<Name extends string>(codes: Readonly<Record<Name, number>>): CodeTable<Name> {
  const names = Object.keys(codes) as Name[]
  const byCode = new Map(names.map((name) => [codes[name], name]))
  const byName = new Map<string, number>(names.map((name) => [name, codes[name]]))
  return {
    names,
    code: (name) => codes[name],
    name: (code) => byCode.get(code),
    parse: (name) => byName.get(name),
  }
}

/** Ordered: a larger code is a stronger action. `allow` is a verdict only and never travels. */
export const ACTION = table({ allow: 0, observe: 1, throttle: 2, challenge: 3, block: 4 })
export type Action = (typeof ACTION.names)[number]

export const CATEGORY = table({
  unspecified: 0,
  'capability-extraction': 1,
  'reasoning-extraction': 2,
  'reward-modelling': 3,
  'safety-rewrite': 4,
  'account-farming': 5,
  'reseller-proxy': 6,
  probing: 7,
})

export const REVOCATION_REASON = table({
  'false-positive': 1,
  'own-customer': 2,
  'reported-in-error': 3,
  'no-longer-seen': 4,
  legal: 5,
  superseded: 6,
})

export const DISPUTE_REASON = table({
  withdrawn: 0,
  'own-customer': 1,
  'shared-infrastructure': 2,
  'wrong-value': 3,
  stale: 4,
})

export const LABEL = table({ automated: 1, reviewed: 2, synthetic: 3, drill: 4 })

/** Evidence and sighting counts travel as buckets, so nobody's traffic volume can be read off. */
export const BUCKET = table({
  unspecified: 0,
  '1-4': 1,
  '5-19': 2,
  '20-99': 3,
  '100-999': 4,
  '1000+': 5,
})

/** Traffic Light Protocol 2.0 (FIRST, 2022): who may see it. Ordered from strict to free. */
export const TLP = table({ red: 1, 'amber+strict': 2, amber: 3, green: 4, clear: 5 })

/**
 * Permissible Actions Protocol (MISP taxonomy v3): what may be done. Ordered from strict to free.
 */
export const PAP = table({ red: 1, amber: 2, green: 3, clear: 4 })
