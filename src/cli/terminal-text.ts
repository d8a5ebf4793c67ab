/**
 * Text as a terminal shows it: how many cells it takes, and without what would move its cursor,
 * hide or turn round what stands there. Names and values are other people’s choice.
 */

/** Controls, half characters, what turns writing round, and invisible marks but the joiners. */
const KINDS = 'Cc Cf Cs Zl Zp Noncharacter_Code_Point Variation_Selector'
  .split(' ')
  .map((kind) => `\\p{${kind}}`)
const HARMFUL = new RegExp(`(?![\\u200c\\u200d])[${KINDS.join('')}]`, 'gu')
/** Chooses between two looks of a character, and does nothing else. */
const LOOKS = '\ufe0e\ufe0f'

/** Everything on one line; what is harmful is shown as its escape. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, (found) => (LOOKS.includes(found) ? found : escapeOf(found)))
}

/** The same for text of several lines; tabs stay, too. */
export function harmlessLines(text: string): string {
  return text.replace(/[^\n\t]+/g, harmless)
}

/** JSON of the same value, for a terminal. */
export function harmlessJson(text: string): string {
  return text.replace(HARMFUL, (found) => {
    if (/[\s\ufe0e\ufe0f]/.test(found)) return found
    return found.split('').map(jsonEscapeOf).join('')
  })
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0)!
  const hex = code.toString(16)
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`
}

function jsonEscapeOf(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })
const NOTHING = /^[\p{Mn}\p{Me}\u200c\u200d\ufe0e\ufe0f]+$/u
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u
/** Of East Asian width W or F: first and last code points (UAX #11, in blocks). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
]

/** Cells that a line takes. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of GRAPHEMES.segment(text)) width += cellsOf(segment)
  return width
}

function cellsOf(grapheme: string): number {
  if (NOTHING.test(grapheme)) return 0
  if (EMOJI.test(grapheme)) return 2
  const code = grapheme.codePointAt(0)!
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** At most so many cells; what was cut is marked. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += cellsOf(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…`
}
