/**
 * What became of something, as values with codes from closed unions. Codes are documented API:
 * tests, metrics and other programs rely on them; the texts are for people and may change. Blame
 * rests on the kind: `refused` costs whoever forwarded the bytes, `ignored` costs nobody, `void` is
 * counted against the author, an input code is answered to whoever asked us to report.
 */
import type { EnvelopeId } from './identity.js'

/** Nobody's fault: our roster, clock, disk or the order of arrival. Catch-up asks again later. */
export const IGNORE_CODES = {
  'author-unknown': 'the author is not in this node’s roster',
  'author-observer': 'the author is an observer here and may not speak',
  'network-unknown': 'the envelope belongs to another federation',
  'version-unknown': 'the header is of a version this node does not know',
  gap: 'envelopes before this one are missing here',
  'chain-mismatch': 'it does not continue the history held here',
  forked: 'the author signed another envelope with this number',
  'payload-missing': 'the payload is not there and may not be missing yet',
  quota: 'the author sends more than its share',
  overload: 'too much is waiting here already',
  'store-failed': 'this node could not write to its disk',
  stopping: 'this node is shutting down',
} as const
export type IgnoreCode = keyof typeof IGNORE_CODES

/** Provably wrong for every honest node whatever its state: the forwarder should have checked. */
export const REFUSE_CODES = {
  'too-large': 'more bytes than an envelope may have',
  'not-canonical': 'not the one canonical CBOR encoding',
  'frame-shape': 'not [header, signature, payload]',
  'header-shape': 'the header’s fields are not of their kinds',
  'first-shape': 'only envelope 1 has no predecessor',
  'payload-shape': 'not a list of 1 to 256 statements',
  'statement-shape': 'a statement’s fixed fields are not of their kinds',
  'payload-hash': 'the payload is not the one the header names',
  'until-range': 'a statement outlives 180 days',
  'expires-wrong': 'expires is not the largest until of the payload',
  'time-falls': 'earlier than the envelope before it',
  'key-weak': 'the author’s key is not canonical or not torsion-free',
  'signature-wrong': 'the signature does not verify',
  'fork-unproven': 'not a proof that an author signed two histories',
} as const
export type RefuseCode = keyof typeof REFUSE_CODES

/** Stored and relayed, but never acting: this version cannot say what it means. */
export const VOID_CODES = {
  'kind-unknown': 'a kind of statement this version does not know',
  'type-unknown': 'an indicator type this version does not know',
  'code-unknown': 'a code this version does not know',
  'field-unknown': 'more fields than this version knows',
  'value-form': 'the value is not of its type’s form',
} as const
export type VoidCode = keyof typeof VOID_CODES

/** Why our own door would not write what it was asked to, or why a question cannot be answered. */
export const INPUT_CODES = {
  'type-unknown': 'no such indicator type',
  'type-off': 'this type is keyed and not switched on on this node',
  'keyed-not-raw': 'the value itself is needed here: its hash is of one epoch',
  'value-missing': 'a value is needed',
  'value-too-long': 'longer than any value may be',
  'ipv4-malformed': 'not four numbers from 0 to 255 without leading zeros',
  'ipv6-malformed': 'not an IPv6 address',
  'cidr-malformed': 'not address/length',
  'host-bits-set': 'the address has bits set beyond the prefix length',
  'network-too-wide': 'wider than /16 (IPv4) or /32 (IPv6)',
  'asn-malformed': 'not a number from 1 to 4294967295',
  'domain-malformed': 'not a domain name of at least two labels',
  'mixed-script': 'letters of several scripts in one label, as look-alikes use',
  'public-suffix': 'a suffix under which anybody can register',
  'not-registrable': 'a sub-domain; the registrable domain is what this type names',
  'ja3-malformed': 'not 32 hexadecimal digits',
  'ja4-malformed': 'not a JA4 fingerprint (a_b_c)',
  'header-order-malformed': 'not 32 hexadecimal digits',
  'user-agent-malformed': 'not a user agent of printable ASCII with its versions as *',
  'account-malformed': 'not issuer:id, of printable ASCII without spaces',
  'email-malformed': 'not an e-mail address',
  'phone-malformed': 'not a number in international form, like +49 30 5550100',
  'payment-malformed': 'not a payment account reference of 29 letters and digits',
  'card-number': 'a card’s number: only its payment account reference is ever taken',
  'api-key-malformed': 'not 16 to 512 printable characters without spaces',
  'tools-malformed': 'not the JSON list of a request’s tools, each with a name of its own',
  'sketch-malformed':
    'not a sketch: keyed: and its hashes in hex, or the name of one that is held here',
  'prompt-too-short': 'fewer than 12 words say nothing of whose prompt it is',
  'segment-too-short': 'fewer than 10 words, or more than one line',
  'not-specific': 'fewer than 16 shingles that ordinary prompts have not',
  'bin-malformed': 'not 6 or 8 digits',
  'uuid-malformed': 'not a UUID',
  'confidence-range': 'confidence is a whole number from 0 to 100',
  'action-unknown': 'an action is observe, throttle, challenge or block',
  'category-unknown': 'no such category',
  'tlp-unknown': 'tlp is red, amber+strict, amber, green or clear',
  'tlp-red': 'TLP:RED is never broadcast',
  'legal-basis-lapsed': 'the legal basis that this node’s settings name has ended',
  'pap-unknown': 'pap is red, amber, green or clear',
  'label-unknown': 'no such label',
  'labels-too-many': 'at most 8 labels',
  'evidence-unknown': 'evidence is a bucket: 1-4, 5-19, 20-99, 100-999 or 1000+',
  'reason-unknown': 'no such reason code',
  'campaign-malformed': 'a campaign is a UUID or 32 hexadecimal digits',
  'ttl-malformed': 'a time to live is a number with s, m, h or d',
  'ttl-too-long': 'longer than this type’s maximum life',
  'ttl-too-short': 'already over',
  'line-malformed': 'this line is not a record of its format',
  'line-too-long': 'longer than a line may be',
  'format-unknown': 'no such format',
  'pattern-unsupported': 'a pattern that says something else than single values',
  'free-text': 'free text: what a person wrote is never passed on',
  'prompt-object': 'part of an ai-chat-prompt object: prompts are never taken in',
  'tlp-forbids': 'its source marks it TLP:RED or AMBER+STRICT: it must not be passed on',
  'marking-unknown': 'a marking that this version does not know: it might forbid to pass it on',
  'claim-mismatch': 'what it says in our own words is not about the value beside them',
  'reference-unknown': 'about an object that is not in this document, or could not be read',
  benign: 'its source calls it harmless',
  'not-for-detection': 'its source says that it is context, and not to be acted on',
  'type-unmapped': 'no indicator type here is what this is',
  simulated: 'its source only tries it out',
  guarded: 'protected: special-purpose, own, allowed or on a warning list',
  'force-not-yours': 'only an operator’s token may publish a guarded value',
  'reason-missing': 'a reason is needed: 1 to 500 characters',
  'nothing-to-revoke': 'no live report of ours on this value',
  'first-hand-stands': 'reported first-hand by this node: what others say does not change that',
  'not-ours': 'reported by others only; a dispute is what can be said about it',
  'own-report': 'reported by this node’s own organisation alone: revoke it instead',
  'nothing-to-dispute': 'no live report of another member on this value',
  'nothing-to-withdraw': 'no live dispute of ours on this value',
  'count-unknown': 'a count is a bucket: 1-4, 5-19, 20-99, 100-999 or 1000+',
  'since-malformed': 'since is an ISO 8601 time with its zone, or how long ago, like 24h',
  'selection-empty': 'a selection names at least one of since, token, campaign and type',
  'member-unknown': 'no such member',
  'clock-wrong': 'this node’s clock is not to be trusted',
  'own-log-behind': 'this folder lacks envelopes this node has published: it must not speak',
} as const
export type InputCode = keyof typeof INPUT_CODES

/** What became of an envelope. */
export type Outcome =
  | { readonly status: 'accepted'; readonly id: EnvelopeId }
  | { readonly status: 'duplicate'; readonly id: EnvelopeId }
  | { readonly status: 'ignored'; readonly code: IgnoreCode }
  | { readonly status: 'refused'; readonly code: RefuseCode }

/**
 * An expected failure: a code, and the detail that makes its text useful (never an indicator
 * value).
 */
export interface Failure<Code extends string> {
  readonly ok: false
  readonly code: Code
  readonly detail?: string
}

export type Result<Value, Code extends string> =
  { readonly ok: true; readonly value: Value } | Failure<Code>

export function fine<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value }
}

export function failed<Code extends string>(code: Code, detail?: string): Failure<Code> {
  return detail === undefined ? { ok: false, code } : { ok: false, code, detail }
}
