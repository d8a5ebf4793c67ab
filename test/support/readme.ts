/**
 * The README as a program: its blocks, the steps of those that a person is to type in order
 * (marked `sh test`), and what is to come after each. Lines that begin with `#> ` are output,
 * where `…` stands for anything within a line, and a line of it alone for any lines.
 */
import { read } from './source-tree.js'

export interface Block {
  /** What follows the opening fence. */
  readonly info: string
  /** Of its first line of text, from 1. */
  readonly line: number
  readonly lines: readonly string[]
}

/** Lines that are typed, and what they print. Without expected lines anything may come. */
export interface Step {
  readonly line: number
  readonly typed: readonly string[]
  readonly expected: readonly string[]
}

const FENCE = '```'
const OUTPUT = '#>'
const ANYTHING = '…'

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let open: { info: string; line: number; lines: string[] } | undefined
  for (const [i, line] of text.split('\n').entries()) {
    if (!line.startsWith(FENCE)) open?.lines.push(line)
    else if (open === undefined) open = { info: line.slice(FENCE.length), line: i + 2, lines: [] }
    else {
      blocks.push(open)
      open = undefined
    }
  }
  return blocks
}

export function readmeText(): string {
  return read('README.md').text
}

export function stepsOf({ line, lines }: Block): Step[] {
  const steps: { line: number; typed: string[]; expected: string[] }[] = []
  for (const [i, text] of lines.entries()) {
    const last = steps.at(-1)
    if (text.startsWith(OUTPUT)) {
      if (last === undefined) throw new Error(`README.md:${line + i}: output of nothing`)
      last.expected.push(text.slice(OUTPUT.length).trim())
    } else if (last !== undefined && last.expected.length === 0) last.typed.push(text)
    else steps.push({ line: line + i, typed: [text], expected: [] })
  }
  return steps
}

/** Each line that is not as expected, with what came in its place. */
export function differences({ line, typed, expected }: Step, came: string): string[] {
  if (expected.length === 0) return []
  const lines = came.trimEnd().split('\n')
  const wrong: string[] = []
  let [at, mayskip] = [0, false]
  for (const [i, pattern] of expected.entries()) {
    if (pattern === ANYTHING) {
      mayskip = true
      continue
    }
    const found = lines.findIndex((text, j) => j >= at && matches(pattern, text))
    const is = found !== -1 && (mayskip || found === at)
    const instead = lines[at] ?? 'nothing more'
    const where = `README.md:${line + typed.length + i}`
    if (!is) wrong.push(`${where}\n  expected: ${pattern}\n  came:     ${instead}`)
    at = is ? found + 1 : at + 1
    mayskip = false
  }
  if (!mayskip) {
    for (const more of lines.slice(at)) wrong.push(`README.md:${line}\n  more came: ${more}`)
  }
  return wrong
}

/** Columns are as wide as what is in them: spaces are one space. */
function matches(pattern: string, text: string): boolean {
  const one = (words: string) => words.trim().replace(/\s+/g, ' ')
  const parts = one(pattern).split(ANYTHING).map(escaped)
  return new RegExp(`^${parts.join('.*')}$`).test(one(text))
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
