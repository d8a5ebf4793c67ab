/**
 * The tokens of a prompt, the same for every lab and runtime (`tocsin-c14n/1`): compatibility forms
 * folded, what is not seen dropped, lower case, letters that look alike made one where a word mixes
 * scripts, marks dropped; addresses and numbers as what they are. Words are runs of letters; each
 * Chinese, Japanese or Korean character stands alone.
 *
 * Bounded whatever comes: the first 1,024 tokens and the last 512, of so many characters at most.
 */
import { DIGITS, DROPS, LETTERS, RUNS, SINGLES } from './unicode-classes.js'
import { FOLDS } from './unicode-folds.js'

const HEAD_TOKENS = 1_024
const TAIL_TOKENS = 512
/** UTF-16 units read for them: eight times the length of ordinary words. */
const HEAD_UNITS = 64 << 10
const TAIL_UNITS = 32 << 10

const [OTHER, LETTER, SINGLE, DIGIT] = [0, 1, 2, 3] as const
const classes = new Uint8Array(0x110000)
/** Of one character; what is dropped is the empty text. */
const folds = new Map<number, string>()
read()

/** Letters of other scripts that look like Latin ones, in lower case (Unicode TR 39). */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  [
    ['аɑα', 'a'],
    ['ьƅ', 'b'],
    ['сϲᴄ', 'c'],
    ['ԁɗ', 'd'],
    ['еєεҽ', 'e'],
    ['ɡց', 'g'],
    ['һհ', 'h'],
    ['іιɩ', 'i'],
    ['јϳ', 'j'],
    ['кκ', 'k'],
    ['ӏⅼ', 'l'],
    ['м', 'm'],
    ['ոп', 'n'],
    ['оοσօᴏ', 'o'],
    ['рρ', 'p'],
    ['ԛգ', 'q'],
    ['гᴦ', 'r'],
    ['ѕꜱ', 's'],
    ['тτ', 't'],
    ['υսᴜ', 'u'],
    ['νѵᴠ', 'v'],
    ['ԝѡω', 'w'],
    ['хχ', 'x'],
    ['уγү', 'y'],
    ['ᴢ', 'z'],
  ].flatMap(([from, to]) => [...from!].map((one) => [one, to!] as const)),
)

const URL = /(?:https?:\/\/|www\.)[^\s<>"'()]+/g
const EMAIL = /[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/g

/** One part, or where the middle was left out two, over which nothing runs on. */
export function canonicalTokens(text: string): readonly (readonly string[])[] {
  if (text.length <= HEAD_UNITS) {
    const all = tokensOf(folded(text))
    if (all.length <= HEAD_TOKENS + TAIL_TOKENS) return [all]
    return [all.slice(0, HEAD_TOKENS), all.slice(-TAIL_TOKENS)]
  }
  const head = tokensOf(folded(text.slice(0, HEAD_UNITS)))
  const tail = tokensOf(folded(text.slice(Math.max(HEAD_UNITS, text.length - TAIL_UNITS))))
  return [head.slice(0, HEAD_TOKENS), tail.slice(-TAIL_TOKENS)]
}

/** Of one line or message; without the bounds above. */
export function lineTokens(line: string): readonly string[] {
  return tokensOf(folded(line.slice(0, HEAD_UNITS)))
}

function folded(text: string): string {
  let out = ''
  if (isAscii(text)) return plain(text.toLowerCase())
  for (const one of composed(text)) {
    const cp = one.codePointAt(0)!
    // ASCII first: most of most prompts.
    if (cp < 0x80) out += cp >= 65 && cp <= 90 ? String.fromCharCode(cp + 32) : one
    else out += folds.get(cp) ?? one
  }
  return plain(out)
}

function plain(text: string): string {
  return text.replace(URL, ' urltok ').replace(EMAIL, ' emailtok ')
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text)
}

const JAMO = /[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?/g

/** Korean syllables that were written letter by letter are put together (Unicode §3.12). */
function composed(text: string): string {
  return text.replace(JAMO, (jamo) => {
    const [lead, vowel, tail = 0x11a7] = [...jamo].map((one) => one.codePointAt(0)!)
    return String.fromCharCode(
      0xac00 + ((lead! - 0x1100) * 21 + (vowel! - 0x1161)) * 28 + (tail - 0x11a7),
    )
  })
}

function tokensOf(text: string): string[] {
  if (isAscii(text)) return text.match(/[a-z]+|[0-9]+/g)?.map(asciiToken) ?? []
  const tokens: string[] = []
  let word = ''
  let before = OTHER as number
  const end = () => {
    if (word !== '') tokens.push(latinised(word))
    word = ''
  }
  for (const one of text) {
    const cp = one.codePointAt(0)!
    const kind = cp < 0x80 ? asciiClass(cp) : classes[cp]!
    if (kind === LETTER) word += one
    else end()
    if (kind === SINGLE) tokens.push(one)
    if (kind === DIGIT && before !== DIGIT) tokens.push('0')
    before = kind
  }
  end()
  return tokens
}

function asciiToken(token: string): string {
  return token.charCodeAt(0) < 97 ? '0' : token
}

function asciiClass(cp: number): number {
  if (cp >= 97 && cp <= 122) return LETTER
  return cp >= 48 && cp <= 57 ? DIGIT : OTHER
}

/** A word that mixes Latin letters with others was written to look like another. */
function latinised(word: string): string {
  if (!/[^a-z]/.test(word) || !/[a-z]/.test(word)) return word
  return [...word].map((one) => LOOK_ALIKES.get(one) ?? one).join('')
}

function read(): void {
  mark(SINGLES, (cp) => (classes[cp] = SINGLE))
  mark(LETTERS, (cp) => (classes[cp] = LETTER))
  mark(DIGITS, (cp) => (classes[cp] = DIGIT))
  mark(DROPS, (cp) => folds.set(cp, ''))
  let at = 0
  for (const word of RUNS.split(' ')) {
    const [place, count, step, target] = word.split('.').map((part) => parseInt(part, 36))
    at += place!
    for (let i = 0; i < count!; i++) {
      folds.set(at + i * step!, String.fromCodePoint(target! + i * step!))
    }
  }
  at = 0
  for (const word of FOLDS.split(' ')) {
    const colon = word.indexOf(':')
    at += parseInt(word.slice(0, colon), 36)
    folds.set(at, word.slice(colon + 1))
  }
}

function mark(ranges: string, set: (cp: number) => void): void {
  let at = 0
  for (const range of ranges.split(' ')) {
    const [place, length] = range.split('.').map((part) => parseInt(part, 36))
    at += place!
    for (let cp = at; cp <= at + length!; cp++) set(cp)
  }
}
