/**
 * MISP's words for what is written and read here: which attribute a type is, and what stands beside
 * it. Categories are among those that MISP's describeTypes allows for the type.
 */

export interface MispAttributeType {
  readonly type: string
  readonly category: string
  /** Whether MISP's users may feed it to a detector as it is. */
  readonly toIds: boolean
}

const attribute = (type: string, category: string, toIds: boolean): MispAttributeType => ({
  ...{ type, category, toIds },
})

/** By the full name of the type. Keyed types are in no exchange: a hash means nothing outside. */
export const MISP_ATTRIBUTES: Readonly<Record<string, MispAttributeType>> = {
  'net.ipv4': attribute('ip-src', 'Network activity', true),
  'net.ipv6': attribute('ip-src', 'Network activity', true),
  'net.cidr': attribute('ip-src', 'Network activity', true),
  'net.asn': attribute('AS', 'Network activity', false),
  'net.domain': attribute('domain', 'Network activity', true),
  'tls.ja3': attribute('ja3-fingerprint-md5', 'Network activity', true),
  'tls.ja4': attribute('text', 'Network activity', false),
  'http.header-order': attribute('hex', 'Network activity', false),
  'http.user-agent': attribute('user-agent', 'Network activity', false),
  'actor.email-domain': attribute('domain', 'Payload delivery', false),
  'actor.bin': attribute('bin', 'Financial fraud', false),
  'actor.proxy-service': attribute('text', 'Other', false),
}

/**
 * What no attribute has a field for, as one line of JSON in the attribute's comment. Tags would
 * come to as many as there are ends and campaigns. Names are the codes of SURFACE.md.
 */
export interface MispClaim {
  /** Full name of the type. */
  readonly type: string
  readonly confidence: number
  readonly action: string
  /** ISO 8601. */
  readonly validUntil: string
  readonly pap: string
  readonly category: string
  readonly evidence: string
  readonly firstHand: boolean
  /** UUID. */
  readonly campaign?: string
  readonly labels?: readonly string[]
  /** PeerId of the node that signed it, and what its member is called here. */
  readonly author: string
  readonly member: string
}

/** Before the JSON, so that nobody's remark is taken for it. */
export const CLAIM_MARK = 'tocsin '

/** Tags of the taxonomies `tlp` and `PAP`, as MISP spells them. */
export const tlpTag = (tlp: string): string => `tlp:${tlp}`
export const papTag = (pap: string): string => `PAP:${pap.toUpperCase()}`
