/**
 * Domain names in their one form: lower-case A-labels without a trailing dot.
 *
 * IDNA mapping (tr46) and the public suffix list (tldts) are pinned with the package, because they
 * decide what an author writes and what a look-up asks. They never decide validity: a receiver
 * checks only `isDomain`. tr46 disallows every code point its pinned table does not know, so the
 * runtime's NFC and script data, stable for assigned characters, cannot make two builds differ on
 * what is left.
 */
import { toASCII, toUnicode } from 'tr46'
import { getDomain, getPublicSuffix } from 'tldts'
import { failed, fine, type Result } from './outcome.js'

export type DomainCode = 'domain-malformed' | 'mixed-script' | 'public-suffix'

const ASCII_LABEL = /^[a-z0-9-]*$/
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/
/**
 * What resolvers take for a number; a name that ends so is an address to them (WHATWG URL §3.5).
 */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/
const IDNA = {
  checkHyphens: false,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  transitionalProcessing: false,
  verifyDNSLength: true,
}

/**
 * ASCII syntax only: LDH labels, at least two, at most 253 characters, the last one not a number
 * (an address is no domain, in hexadecimal neither). What receivers of every version agree on.
 */
export function isDomain(text: string): boolean {
  if (text.length > 253) return false
  const labels = text.split('.')
  return labels.length >= 2 && labels.every((l) => LABEL.test(l)) && !NUMBER.test(labels.at(-1)!)
}

/** The canonical form of a name a person or program wrote, in Unicode or A-labels. */
export function canonicalDomain(raw: string): Result<string, DomainCode> {
  const dotless = raw.endsWith('.') ? raw.slice(0, -1) : raw
  const plain = dotless.toLowerCase()
  const ascii = isPlain(plain) ? plain : toASCII(dotless, IDNA)
  if (ascii === null || !isDomain(ascii)) return failed('domain-malformed')
  if (ascii.includes('xn--')) {
    const { domain, error } = toUnicode(ascii, IDNA)
    if (error) return failed('domain-malformed')
    if (imitates(domain.split('.'))) return failed('mixed-script')
  }
  return isPublicSuffix(ascii) ? failed('public-suffix') : fine(ascii)
}

/**
 * Whether anybody can register under a name. Private suffixes (github.io, dyndns names) count:
 * their customers are strangers to each other.
 */
export function isPublicSuffix(ascii: string): boolean {
  return getPublicSuffix(ascii, { allowPrivateDomains: true }) === ascii
}

/** The part of a canonical name that was registered by one party. */
export function registrable(domain: string): string {
  return getDomain(domain, { allowPrivateDomains: true }) ?? domain
}

function isPlain(text: string): boolean {
  return /^[a-z0-9.-]*$/.test(text) && !text.includes('xn--')
}

const SCRIPTS = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Armenian',
  'Hebrew',
  'Arabic',
  'Devanagari',
  'Thai',
  'Georgian',
  'Cherokee',
] as const
const propertyOf = (script: string): string => `\\p{Script=${script}}`
const NEUTRAL = ['Common', 'Inherited']
/** One pattern per script above, and one for all the others together. */
const SCRIPT_PATTERNS = [
  ...SCRIPTS.map((script) => new RegExp(propertyOf(script), 'u')),
  new RegExp(`[^${[...SCRIPTS, ...NEUTRAL].map(propertyOf).join('')}]`, 'u'),
]
/** Japanese, Korean and Chinese names mix scripts, also with Latin, by custom. */
const CUSTOMARY = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Bopomofo', 'Latin', ...NEUTRAL]
const EAST_ASIAN = new RegExp(`^[${CUSTOMARY.map(propertyOf).join('')}]*$`, 'u')
/** Cyrillic and Greek letters that look like Latin ones: a label of these alone imitates. */
const LATIN_TWINS = /^[асеорхуѕіјԁһӏԛԝѵαοενικρυν0-9-]+$/u

/** Whether a name is written to be taken for another: mixed scripts, or wholly of Latin's twins. */
function imitates(labels: readonly string[]): boolean {
  if (labels.some(mixesScripts)) return true
  // Under a suffix of its own script (.рус, .ευ) such a name reads as what it is.
  return ASCII_LABEL.test(labels.at(-1)!) && labels.some(looksLatin)
}

function looksLatin(label: string): boolean {
  return !ASCII_LABEL.test(label) && LATIN_TWINS.test(label)
}

function mixesScripts(label: string): boolean {
  if (EAST_ASIAN.test(label)) return false
  return SCRIPT_PATTERNS.filter((script) => script.test(label)).length > 1
}
