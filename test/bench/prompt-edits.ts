/**
 * What somebody does to a prompt so that it is not known again, on frame and slot alike, seeded:
 * words replaced, dropped and put in; sentences moved; letters hidden.
 */
import type { Random } from '../support/random.js'

export const EDITS = ['slot', 'light', 'moderate', 'heavy', 'obfuscated'] as const
export type Edit = (typeof EDITS)[number]

const RATES = { light: 0.06, moderate: 0.15, heavy: 0.3 } as const
const WORDS =
  'also really given kindly quickly simple overall certain various further possible clear brief'
    .split(' ')
    .concat('within about another thing itself maybe exactly often rather whole since'.split(' '))
const GREETINGS = ['Hi there!', 'Hello,', 'Good day.', 'Hey assistant,']
const TRAILERS = ['Thanks a lot.', 'Thank you in advance!', 'I appreciate it.', 'Best regards.']
const ALIKE: Readonly<Record<string, string>> = { a: 'а', e: 'е', o: 'о', p: 'р', c: 'с', x: 'х' }

export function edited(prompt: string, edit: Edit, random: Random): string {
  if (edit === 'slot') return prompt
  if (edit === 'obfuscated') return hidden(prompt, random)
  const words = wordsOf(prompt).map((word) => reworded(word, RATES[edit], random))
  const text = edit === 'light' ? words.join('') : moved(words.join(''), random)
  return `${pick(GREETINGS, random)} ${text}\n${pick(TRAILERS, random)}`
}

/** With what stands between them; without spaces, two characters are taken for a word. */
function wordsOf(prompt: string): string[] {
  return /\p{Script=Han}/u.test(prompt) ? (prompt.match(/.{1,2}/gsu) ?? []) : prompt.split(/(\s+)/)
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[random.below(from.length)]!
}

const chance = (random: Random) => random.below(1_000_000) / 1_000_000

function reworded(word: string, rate: number, random: Random): string {
  if (word.trim() === '' || chance(random) >= rate) return word
  const kind = random.below(3)
  if (kind === 0) return pick(WORDS, random)
  return kind === 1 ? '' : `${word} ${pick(WORDS, random)}`
}

/** One sentence in six changes places with its neighbour. */
function moved(text: string, random: Random): string {
  const sentences = text.split(/(?<=[.!?\n])\s+/)
  for (let i = 0; i + 1 < sentences.length; i++) {
    if (random.below(6) !== 0) continue
    ;[sentences[i], sentences[i + 1]] = [sentences[i + 1]!, sentences[i]!]
  }
  return sentences.join(' ')
}

function hidden(text: string, random: Random): string {
  return [...text]
    .map((one) => {
      const kind = random.below(40)
      if (kind === 0) return `${one}\u200b`
      if (kind === 1) return `${one}\u00ad`
      if (kind < 6) return ALIKE[one] ?? one
      if (kind < 9) return one.toUpperCase()
      return one === ' ' && kind < 16 ? ' \u00a0 ' : one
    })
    .join('')
}
