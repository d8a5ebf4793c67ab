/**
 * A file that says what the columns of somebody's CSV are to us:
 *
 *   delimiter: ';'            or | or : or tab; a comma if left out
 *   header: true              the first line names the columns; false: they are 1, 2, …
 *   comment: '#'              lines that begin so are passed over
 *   fields:
 *     value: {column: ip}
 *     type: {constant: ip}
 *     confidence: {column: score, scale: [0, 10]}
 *     category: {column: kind, values: {scraper: capability-extraction}, otherwise: unspecified}
 *   skip:
 *     - {column: status, is: [inactive, expired]}
 *
 * A mapping is all or nothing: everything that is wrong with it is said at once.
 */
import { failed, fine, type InputCode, type Result } from '../core/outcome.js'
import type { ReportItem } from '../core/ports.js'
import { nearest } from '../core/spelling.js'
import { isObject, type Json } from './import-item.js'

export const MAPPED_FIELDS = [
  ...['type', 'value', 'confidence', 'action', 'ttl', 'validUntil', 'category', 'campaign', 'tlp'],
  ...['pap', 'evidence', 'labels'],
] as const
type Field = (typeof MAPPED_FIELDS)[number]

interface Source {
  readonly column?: string
  readonly constant?: string
  /** The source's own range, which is made 0 to 100. */
  readonly scale?: readonly [low: number, high: number]
  readonly values?: Readonly<Record<string, string>>
  readonly otherwise?: string
}

export interface Mapping {
  readonly delimiter: string
  readonly header: boolean
  readonly comment: string | undefined
  readonly fields: ReadonlyMap<Field, Source>
  readonly skip: readonly { readonly column: string; readonly is: readonly string[] }[]
}

const KEYS = ['delimiter', 'header', 'comment', 'fields', 'skip']
const SOURCE_KEYS = ['column', 'constant', 'scale', 'values', 'otherwise']

/** The mapping, or what is wrong with it. */
export function readMapping(given: unknown): Mapping | { readonly errors: readonly string[] } {
  const errors: string[] = []
  if (!isObject(given)) return { errors: ['is not a list of keys and values'] }
  onlyKeys(given, KEYS, '', errors)
  const { delimiter = ',', header = true, comment, fields, skip = [] } = given
  const isDelimiter = typeof delimiter === 'string' && /^(?:tab|[,;|:])$/.test(delimiter)
  if (!isDelimiter) errors.push('delimiter: is one of , ; | : or tab')
  if (typeof header !== 'boolean') errors.push('header: is true or false')
  if (comment !== undefined && typeof comment !== 'string') errors.push('comment: is a text')
  const sources = new Map<Field, Source>()
  if (!isObject(fields)) errors.push('fields: is what each of our fields comes from')
  else {
    onlyKeys(fields, MAPPED_FIELDS, 'fields.', errors)
    for (const [name, source] of Object.entries(fields)) {
      const read = sourceOf(source, `fields.${name}`, errors)
      if (read !== undefined) sources.set(name as Field, read)
    }
    if (!('value' in fields)) errors.push('fields.value: is needed')
  }
  const skipped = skipOf(skip, errors)
  if (errors.length > 0) return { errors }
  return {
    delimiter: delimiter === 'tab' ? '\t' : (delimiter as string),
    header: header as boolean,
    comment: comment as string | undefined,
    fields: sources,
    skip: skipped,
  }
}

function onlyKeys(of: Json, known: readonly string[], at: string, errors: string[]): void {
  for (const key of Object.keys(of)) {
    if (known.includes(key)) continue
    errors.push(`${at}${key}: no such key; did you mean ${nearest(key, [...known])}?`)
  }
}

function sourceOf(source: unknown, at: string, errors: string[]): Source | undefined {
  if (!isObject(source)) return wrong(errors, at, 'is {column: NAME} or {constant: TEXT}')
  onlyKeys(source, SOURCE_KEYS, `${at}.`, errors)
  const { column, constant, scale, values, otherwise } = source
  if ((column === undefined) === (constant === undefined)) {
    return wrong(errors, at, 'comes from a column or is a constant, one of the two')
  }
  if (scale !== undefined && !(at === 'fields.confidence' && isScale(scale))) {
    return wrong(errors, at, 'scale: is [LOW, HIGH] of the source’s own confidence')
  }
  if (values !== undefined && !isObject(values)) {
    return wrong(errors, at, 'values: is what each of the source’s words is here')
  }
  return {
    ...(column === undefined ? {} : { column: String(column) }),
    ...(constant === undefined ? {} : { constant: String(constant) }),
    ...(scale === undefined ? {} : { scale: scale as unknown as readonly [number, number] }),
    ...(values === undefined ? {} : { values: textsOf(values) }),
    ...(otherwise === undefined ? {} : { otherwise: String(otherwise) }),
  }
}

function wrong(errors: string[], at: string, what: string): undefined {
  errors.push(`${at}: ${what}`)
}

function isScale(scale: unknown): boolean {
  if (!Array.isArray(scale) || scale.length !== 2) return false
  const [low, high] = scale as unknown[]
  return typeof low === 'number' && typeof high === 'number' && low < high
}

function textsOf(values: Json): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([word, ours]) => [word, String(ours)]))
}

function skipOf(skip: unknown, errors: string[]): Mapping['skip'] {
  if (!Array.isArray(skip)) {
    errors.push('skip: is a list of {column: NAME, is: [TEXT, …]}')
    return []
  }
  return (skip as unknown[]).flatMap((one, i) => {
    if (isObject(one) && one['column'] !== undefined && Array.isArray(one['is'])) {
      return [{ column: String(one['column']), is: (one['is'] as unknown[]).map(String) }]
    }
    errors.push(`skip[${i}]: is {column: NAME, is: [TEXT, …]}`)
    return []
  })
}

function namedColumns({ fields, skip }: Mapping): ReadonlySet<string> {
  const sources = [...fields.values()].flatMap(({ column }) => column ?? [])
  return new Set([...sources, ...skip.map(({ column }) => column)])
}

/** Columns that the mapping names and a header does not have. */
export function missingColumns(mapping: Mapping, columns: readonly string[]): string[] {
  return [...namedColumns(mapping)].filter((name) => !columns.includes(name))
}

/** Columns that nothing is made of. */
export function unnamedColumns(mapping: Mapping, columns: readonly string[]): string[] {
  const named = namedColumns(mapping)
  return columns.filter((name) => !named.has(name))
}

/** The item of a line; undefined where the mapping passes it over. */
export function mapped(
  { fields, skip }: Mapping,
  columns: readonly string[],
  cells: readonly string[],
): Result<Partial<ReportItem> | undefined, InputCode> {
  const cell = (name: string) => (cells[columns.indexOf(name)] ?? '').trim()
  if (skip.some(({ column, is }) => is.includes(cell(column)))) return fine(undefined)
  const item: Record<string, unknown> = {}
  for (const [field, source] of fields) {
    const given = source.constant ?? cell(source.column!)
    if (given === '' && field !== 'value') continue
    const text = source.values === undefined ? given : (source.values[given] ?? source.otherwise)
    if (text === undefined)
      return failed('line-malformed', `${field}: a word that the mapping has not`)
    if (field === 'labels') item[field] = text.split(';').map((label) => label.trim())
    else if (field !== 'confidence') item[field] = text
    else {
      const confidence = scaled(text, source.scale)
      if (confidence === undefined) return failed('confidence-range')
      item[field] = confidence
    }
  }
  return fine(item as Partial<ReportItem>)
}

function scaled(text: string, scale: Source['scale'] = [0, 100]): number | undefined {
  const number = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN
  const [low, high] = scale
  if (!(number >= low && number <= high)) return undefined
  return Math.round(((number - low) / (high - low)) * 100)
}
