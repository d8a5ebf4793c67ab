/**
 * Files of reports as items: NDJSON, CSV with a header line, or plain text. Lines become items
 * here, the node judges them. Options of the command fill in what a line leaves out; a line that is
 * not a record of its format is one entry with its code, and the others go on.
 */
import type { InputCode } from '../core/outcome.js'
import { csvFields } from './csv.js'
import { Failure, usage } from './failure.js'
import type { FileLine } from './file-lines.js'

export const FORMATS = ['ndjson', 'csv', 'text'] as const
export type Format = (typeof FORMATS)[number]

/** A report item's fields but its value; what the command line gives for a whole file. */
export type Defaults = Readonly<Record<string, unknown>>

export interface Entry {
  readonly line: number
  /** The line as it was, for the chunk's key. */
  readonly raw: string
  /** The item as JSON; undefined where there is a code instead. */
  readonly json?: string
  readonly code?: InputCode
  readonly detail?: string
}

/** What a report's CSV may have. */
export const REPORT_COLUMNS: ReadonlySet<string> = new Set([
  'type',
  'value',
  'confidence',
  'action',
  'ttl',
  'validUntil',
  'category',
  'campaign',
  'tlp',
  'pap',
  'evidence',
  'firstHand',
  'labels',
])

export interface Form {
  readonly format: Format
  /** Options of the command: what a line leaves out. */
  readonly defaults: Defaults
  /** Columns a CSV may have. */
  readonly columns: ReadonlySet<string>
  /** What becomes of each whole item; a code refuses it. */
  readonly fit?: Fit
}

export type Item = Readonly<Record<string, unknown>>
export type Fit = (item: Item) => Item | InputCode

type Read = (text: string) => Record<string, unknown> | string

/** Items of all lines that hold something, in order. */
export async function* entriesOf(
  lines: AsyncIterable<FileLine>,
  form: Form,
): AsyncGenerator<Entry> {
  const { format } = form
  let read = format === 'csv' ? undefined : format === 'text' ? textItem : jsonItem
  for await (const { number, text } of lines) {
    if (text === undefined) {
      yield { line: number, raw: `line ${number}`, code: 'line-too-long' }
      continue
    }
    const isComment = format === 'text' && text.trimStart().startsWith('#')
    if (text.trim() === '' || isComment) continue
    if (read === undefined) read = csvReader(text, number, form)
    else yield entryOf(number, text, read(text), form)
  }
}

/** The entry of a line that was read, or of what is wrong with it in words. */
export function entryOf(
  line: number,
  raw: string,
  item: Item | string,
  { defaults, fit = (whole) => whole }: Pick<Form, 'defaults' | 'fit'>,
): Entry {
  if (typeof item === 'string') return { line, raw, code: 'line-malformed', detail: item }
  const whole: Record<string, unknown> = { ...defaults, ...item }
  // A line's own end of life replaces the command's, whichever of the two ways it is given in.
  if (item['validUntil'] !== undefined && item['ttl'] === undefined) delete whole['ttl']
  const fitted = fit(whole)
  if (typeof fitted === 'string') return { line, raw, code: fitted }
  return { line, raw, json: JSON.stringify(fitted) }
}

const textItem: Read = (text) => ({ value: /\S+/.exec(text)![0] })

const jsonItem: Read = (text) => {
  try {
    const item = JSON.parse(text) as unknown
    const isItem = typeof item === 'object' && item !== null && !Array.isArray(item)
    return isItem ? (item as Record<string, unknown>) : 'not a JSON object'
  } catch {
    return 'not JSON'
  }
}

function csvReader(header: string, line: number, form: Form): Read {
  const { defaults, columns: known } = form
  const columns = csvFields(header)?.map((column) => column.trim())
  const unknown = columns?.find((column) => !known.has(column))
  if (columns === undefined || unknown !== undefined) {
    const why = unknown === undefined ? 'not a header line' : `no such column: ${unknown}`
    throw new Failure('line-malformed', `line ${line}: ${why}; columns: ${[...known].join(' ')}`)
  }
  if (!columns.includes('value')) throw usage('the CSV needs a column value')
  if (!columns.includes('type') && defaults['type'] === undefined) {
    throw usage('the CSV needs a column type, or give --type')
  }
  return (text) => {
    const fields = csvFields(text)
    if (fields === undefined) return 'quotes do not match'
    if (fields.length !== columns.length) {
      return `${fields.length} fields where the header has ${columns.length}`
    }
    const item: Record<string, unknown> = {}
    for (const [i, column] of columns.entries()) {
      const given = cell(column, fields[i]!.trim())
      if (given !== undefined) item[column] = given
    }
    return item
  }
}

/** A cell as JSON has it; one that cannot be is passed on, for the node to refuse. */
function cell(column: string, text: string): unknown {
  if (text === '' && column !== 'value') return undefined
  if (column === 'confidence' && /^\d+$/.test(text)) return Number(text)
  if (column === 'firstHand' && /^(true|false)$/.test(text)) return text === 'true'
  if (column === 'labels') return text.split(';').map((label) => label.trim())
  return text
}
