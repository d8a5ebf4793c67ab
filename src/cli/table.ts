/**
 * Tables in a text. They are laid out when the text is printed, because only then it is known how
 * wide the terminal is and whether it has colours; where there is no terminal, nothing is cut and
 * nothing coloured. What stands in a cell is made harmless.
 */
import { inspect } from 'node:util'
import { cut, harmless, harmlessLines, widthOf } from './terminal-text.js'

/** How it is printed. */
export interface Look {
  /** Cells a line has; undefined where nothing has to fit. */
  readonly width: number | undefined
  readonly hasColors: boolean
}

export const PLAIN: Look = { width: undefined, hasColors: false }

interface Table {
  readonly rows: readonly (readonly string[])[]
  /** The first row names the columns. */
  readonly hasHead?: boolean
  /** Is not cut: commands to be typed, and sentences. */
  readonly isWhole?: boolean
}

/** Characters that are no text (Unicode gives them to programs); no cell keeps one. */
const [TABLE, TABLE_END, PAINT, PAINT_END] = ['\ufdd0', '\ufdd1', '\ufdd2', '\ufdd3'] as const
const MARKED = new RegExp(
  `${TABLE}([^${TABLE_END}]*)${TABLE_END}|${PAINT}([\\w-]*)${PAINT_END}`,
  'g',
)
const GAP = '  '
/** No column is cut below it: less says nothing. */
const WIDTH_MIN = 12

const COLORS: Readonly<Record<string, string>> = {
  block: 'red',
  challenge: 'magenta',
  throttle: 'yellow',
  observe: 'blue',
  allow: 'green',
  fail: 'red',
  warn: 'yellow',
  ok: 'green',
  up: 'green',
  down: 'yellow',
  refused: 'red',
  'wrong-network': 'red',
  BROKEN: 'red',
  WRONG: 'red',
  PAUSED: 'yellow',
}

/** Rows as aligned columns. */
export function columns(
  rows: readonly (readonly string[])[],
  how: Pick<Table, 'hasHead' | 'isWhole'> = {},
): string {
  const table: Table = { ...how, rows: rows.map((row) => row.map(harmless)) }
  return `${TABLE}${JSON.stringify(table)}${TABLE_END}`
}

/** A word in the colour it has in tables. */
export function painted(word: string): string {
  return `${PAINT}${word}${PAINT_END}`
}

/** The text as it is printed, its tables laid out. */
export function rendered(text: string, look: Look): string {
  let end = 0
  let out = ''
  for (const { 0: all, 1: json, 2: word, index } of text.matchAll(MARKED)) {
    out += harmlessLines(text.slice(end, index))
    out += word === undefined ? laidOut(json!, look) : colored(word, word, look)
    end = index + all.length
  }
  return out + harmlessLines(text.slice(end))
}

function laidOut(json: string, look: Look): string {
  const table = tableOf(json)
  if (table === undefined) return harmless(json)
  const { rows, hasHead = false, isWhole = false } = table
  const fitted = isWhole || look.width === undefined ? rows : fitting(rows, look.width)
  const widths = widthsOf(fitted)
  return fitted
    .map((row, i) => {
      const cells = row.map((cell, at) => {
        const isLast = row.slice(at + 1).every((other) => other === '')
        const padding = isLast ? '' : ' '.repeat(widths[at]! - widthOf(cell))
        const shown = hasHead && i === 0 ? styled(cell, 'bold', look) : colored(cell, cell, look)
        return shown + padding
      })
      return cells.join(GAP).trimEnd()
    })
    .join('\n')
}

/** Undefined where somebody wrote marks into a text of theirs. */
function tableOf(json: string): Table | undefined {
  try {
    const table = JSON.parse(json) as Table
    return { ...table, rows: table.rows.map((row) => row.map(harmless)) }
  } catch {
    return undefined
  }
}

function widthsOf(rows: Table['rows']): number[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))))
  }
  return widths
}

/** Hashes and keys lose their middle first; then the widest columns are cut. */
function fitting(rows: Table['rows'], width: number): Table['rows'] {
  if (totalOf(widthsOf(rows)) <= width) return rows
  const short = rows.map((row) => row.map(shortened))
  const widths = widthsOf(short)
  for (let over = totalOf(widths) - width; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths))
    if (widths[widest]! <= WIDTH_MIN) break
    widths[widest]!--
  }
  return short.map((row) => row.map((cell, i) => cut(cell, widths[i]!)))
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1)
}

/** Hashes in hexadecimal, and PeerIds. */
function shortened(cell: string): string {
  return cell.replace(/\b(?:[0-9a-f]{40,}|12D3KooW\w{44})\b/g, (whole) => {
    return `${whole.slice(0, 12)}…${whole.slice(-6)}`
  })
}

function colored(text: string, word: string, look: Look): string {
  const color = Object.hasOwn(COLORS, word.trim()) ? COLORS[word.trim()] : undefined
  return color === undefined ? text : styled(text, color, look)
}

/** Not `styleText`, which decides about colours by itself, in each version in another way. */
function styled(text: string, style: string, { hasColors }: Look): string {
  const [on, off] = inspect.colors[style] ?? []
  return hasColors && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text
}
