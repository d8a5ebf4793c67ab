/**
 * The one form of a value that never travels as it is: what is hashed under the epoch key. Reports
 * and look-ups of every member must come to the same text, so nothing here depends on the runtime's
 * Unicode tables. A failure never names the value.
 */
import { canonicalDomain } from './domain.js'
import { failed, fine, type InputCode, type Result } from './outcome.js'
import { canonicalTokens, lineTokens } from './canonical-text.js'
import { canonicalTools } from './tool-schema.js'

type Canonicalise = (raw: string) => Result<string, InputCode>

export interface KeyedForm {
  readonly canonicalise: Canonicalise
  /** What an operator has to know before this type is switched on. */
  readonly limit: string
}

/** `issuer:opaque-id`: the issuer in lower case, its id as it is. */
const account: Canonicalise = (raw) => {
  const match = /^([A-Za-z0-9][A-Za-z0-9.-]{0,63}):([\x21-\x7e]{1,255})$/.exec(raw)
  return match === null
    ? failed('account-malformed')
    : fine(`${match[1]!.toLowerCase()}:${match[2]!}`)
}

/** Who ignores dots in what stands before the @; googlemail.com is gmail.com's other name. */
const DOTLESS: ReadonlyMap<string, string> = new Map([
  ['gmail.com', 'gmail.com'],
  ['googlemail.com', 'gmail.com'],
])

const email: Canonicalise = (raw) => {
  const at = raw.lastIndexOf('@')
  const local = raw.slice(0, Math.max(0, at)).toLowerCase()
  const domain = canonicalDomain(raw.slice(at + 1))
  const isFine = /^[a-z0-9!#$%&'*/=?^_`{|}~-][a-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63}$/.test(local)
  if (!isFine || !domain.ok) return failed('email-malformed')
  const plus = local.indexOf('+')
  const untagged = plus < 0 ? local : local.slice(0, plus)
  const provider = DOTLESS.get(domain.value)
  if (provider === undefined) return fine(`${untagged}@${domain.value}`)
  const dotless = untagged.replaceAll('.', '')
  return dotless === '' ? failed('email-malformed') : fine(`${dotless}@${provider}`)
}

/** E.164, however it is grouped. A trunk prefix `(0)` is no part of it. */
const phone: Canonicalise = (raw) => {
  const digits = raw.replace('(0)', '').replace(/[\s().-]/g, '')
  return /^\+[1-9]\d{6,14}$/.test(digits) ? fine(digits) : failed('phone-malformed')
}

/** EMV payment account reference: 29 letters and digits. A card's own number is never taken. */
const payment: Canonicalise = (raw) => {
  if (/^\d{12,19}$/.test(raw.replace(/[\s-]/g, ''))) return failed('card-number')
  const value = raw.toUpperCase()
  return /^[A-Z0-9]{29}$/.test(value) ? fine(value) : failed('payment-malformed')
}

const apiKey: Canonicalise = (raw) => {
  return /^[\x21-\x7e]{16,512}$/.test(raw) ? fine(raw) : failed('api-key-malformed')
}

const EXACT_TOKENS_MIN = 12
const SEGMENT_TOKENS_MIN = 10

const exact: Canonicalise = (raw) => {
  const parts = canonicalTokens(raw)
  const count = parts.reduce((sum, { length }) => sum + length, 0)
  if (count < EXACT_TOKENS_MIN) return failed('prompt-too-short')
  return fine(parts.map((tokens) => tokens.join(' ')).join(' | '))
}

const segment: Canonicalise = (raw) => {
  const tokens = raw.includes('\n') ? [] : lineTokens(raw)
  return tokens.length < SEGMENT_TOKENS_MIN ? failed('segment-too-short') : fine(tokens.join(' '))
}

const GUESSING = 'members hold the epoch keys, removed ones the old ones: whoever has one can test'

export const KEYED_FORMS: Readonly<Record<string, KeyedForm>> = {
  'tool.schema': {
    canonicalise: canonicalTools,
    limit: `${GUESSING} whether a known set of tools is meant; popular frameworks share theirs`,
  },
  'actor.account': {
    canonicalise: account,
    limit: `${GUESSING} account ids, and ids that are short or counted upwards are soon guessed`,
  },
  'actor.email': {
    canonicalise: email,
    limit: `${GUESSING} addresses, and most addresses in the world are on lists`,
  },
  'actor.phone': {
    canonicalise: phone,
    limit: `${GUESSING} numbers, and can go through all there are in hours`,
  },
  'actor.payment': {
    canonicalise: payment,
    limit: `${GUESSING} references it knows already; they are too long to be guessed`,
  },
  'actor.api-key': {
    canonicalise: apiKey,
    limit: `${GUESSING} keys it has already; keys of enough chance cannot be guessed`,
  },
  'query.exact': {
    canonicalise: exact,
    limit: `${GUESSING} whether a prompt it has is meant; a whole prompt is too long to be guessed`,
  },
  'query.segment': {
    canonicalise: segment,
    limit: `${GUESSING} lines it has seen; a line that many write is no sign of anybody`,
  },
}

/** Types that an operator can switch on. */
export const KEYED_TYPES = Object.keys(KEYED_FORMS)
