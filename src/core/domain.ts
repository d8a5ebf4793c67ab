/**
 * Domain names in their one form: lower-case A-labels without a trailing dot.
 *
 * IDNA mapping (tr46) and the public suffix list (tldts) are pinned with the package, because they
 * decide what an author writes and what a look-up asks. They never decide validity: a receiver checks
 * only `isDomain`. tr46 disallows every code point its pinned table does not know, so the runtime's NFC
 * and script data, stable for assigned characters, cannot make two builds differ on what is left.
 */
import { toASCII, toUnicode } from 'tr46'
import { getDomain, getPublicSuffix } from 'tldts'
import { failed, fine, type Result } from './outcome.js'

export type DomainCode = 'domain-malformed' | 'mixed-script' | 'public-suffix'

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/
const IDNA = {
  checkHyphens: false,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  transitionalProcessing: false,
  verifyDNSLength: true,
}

/**
 * ASCII syntax only: LDH labels, at least two, at most 253 characters, the last one not a number (an
 * address is no domain). What receivers of every version agree on.
 */
export function isDomain(text: string): boolean {
  if (text.length > 253) return false
  const labels = text.split('.')
  return labels.length >= 2 && labels.every((l) => LABEL.test(l)) && !/^\d+$/.test(labels.at(-1)!)
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
    if (domain.split('.').some(looksAlike)) return failed('mixed-script')
  }
  // Private suffixes (github.io, dyndns names) count: their customers are strangers to each other.
  if (getPublicSuffix(ascii, { allowPrivateDomains: true }) === ascii)
    return failed('public-suffix')
  return fine(ascii)
}

/** The part of a canonical name that was registered by one party. */
export function registrable(domain: string): string {
  return getDomain(domain, { allowPrivateDomains: true }) ?? domain
}

function isPlain(text: string): boolean {
  return /^[a-z0-9.-]*$/.test(text) && !text.includes('xn--')
}

const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
  /\p{Script=Devanagari}/u,
  /\p{Script=Thai}/u,
  /\p{Script=Georgian}/u,
  /\p{Script=Cherokee}/u,
] as const
/** Japanese, Korean and Chinese names mix scripts, also with Latin, by custom. */
const EAST_ASIAN =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]*$/u
/** Cyrillic and Greek letters that look like Latin ones: a label of these alone imitates. */
const LATIN_TWINS = /^[асеорхуѕіјԁһӏԛԝѵαοενικρυν0-9-]+$/u

/** Whether a label is written to be taken for another: mixed scripts, or wholly of Latin's twins. */
function looksAlike(label: string): boolean {
  if (/^[a-z0-9-]*$/.test(label)) return false
  if (LATIN_TWINS.test(label)) return true
  if (EAST_ASIAN.test(label)) return false
  return SCRIPTS.filter((script) => script.test(label)).length > 1
}
