/**
 * A file of another tool, or a folder with a MISP feed, as entries by kind: what its reader makes
 * of the document, or of its lines. It is read whole where it is one document, else line by line.
 */
import { readFile } from 'node:fs/promises'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import {
  mapped,
  missingColumns,
  readMapping,
  unnamedColumns,
  type Mapping,
} from '../exchange/csv-mapping.js'
import { READERS, type DocumentFormat } from '../exchange/documents.js'
import {
  IMPORT_KINDS,
  isObject,
  type ImportDefaults,
  type ImportKind,
  type ImportReading,
} from '../exchange/import-item.js'
import { isMisp, readMisp } from '../exchange/misp-reader.js'
import { parseYaml } from '../yaml-file.js'
import { csvSplitter } from './csv.js'
import { Failure, usage } from './failure.js'
import type { FileLine } from './file-lines.js'
import { entryOf, type Entry, type Form } from './report-file.js'

export interface ReadDocument {
  readonly entries: ReadonlyMap<ImportKind, readonly Entry[]>
  readonly clipped: number
  readonly unexpressed: ReadonlyMap<string, number>
}

export function readDocument(
  document: unknown,
  format: DocumentFormat,
  defaults: ImportDefaults,
): ReadDocument {
  return entriesOf([READERS[format](document, defaults, Date.now())])
}

/** A feed's events one after the other; one that is missing or broken is one entry. */
export async function readFeed(folder: string, defaults: ImportDefaults): Promise<ReadDocument> {
  const manifest = await json(join(folder, 'manifest.json'))
  if (!isObject(manifest)) throw new Failure('line-malformed', 'manifest.json: not a MISP feed’s')
  const readings: ImportReading[] = []
  for (const uuid of Object.keys(manifest)) {
    const isName = /^[0-9a-f-]{36}$/i.test(uuid)
    const event = isName
      ? await json(join(folder, `${uuid}.json`)).catch(() => undefined)
      : undefined
    const reading = readMisp(event, defaults, Date.now())
    if (!isMisp(event)) reading.refuse(1, 'line-malformed', `the event ${uuid} cannot be read`)
    readings.push(reading)
  }
  return entriesOf(readings)
}

async function json(path: string): Promise<unknown> {
  return parsed(await textOf(path))
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure('file-unreadable', `${path}: ${(error as Error).message}`)
  }
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as unknown
  } catch {
    throw new Failure('json-malformed', 'the file is not JSON')
  }
}

/** Of several documents the places run on. */
function entriesOf(readings: readonly ImportReading[]): ReadDocument {
  const entries = new Map<ImportKind, Entry[]>(IMPORT_KINDS.map((kind) => [kind, []]))
  const unexpressed = new Map<string, number>()
  let clipped = 0
  let before = 0
  for (const reading of readings) {
    let last = 0
    for (const entry of reading.entries) {
      last = Math.max(last, entry.place)
      const line = before + entry.place
      if (entry.kind === 'refusal') {
        const { code, detail } = entry
        entries.get('report')!.push({ line, raw: `${line} ${code}`, code, ...detailOf(detail) })
        continue
      }
      if (entry.kind === 'report' && entry.clipped === true) clipped++
      const text = JSON.stringify(entry.item)
      entries.get(entry.kind)!.push({ line, raw: '', json: text })
    }
    before += last
    for (const [name, count] of reading.unexpressed) {
      unexpressed.set(name, (unexpressed.get(name) ?? 0) + count)
    }
  }
  return { entries, clipped, unexpressed }
}

/** Throws a failure that names everything that is wrong with it. */
export async function mappingFrom(path: string): Promise<Mapping> {
  const yaml = parseYaml(await textOf(path))
  const mapping = 'value' in yaml ? readMapping(yaml.value) : { errors: yaml.problems }
  if ('errors' in mapping) throw usage(`${path}: ${mapping.errors.join('; ')}`)
  return mapping
}

/** Lines of a CSV as its mapping reads them; in `left` are the columns that it does not name. */
export async function* mappedEntries(
  lines: AsyncIterable<FileLine>,
  mapping: Mapping,
  form: Pick<Form, 'defaults' | 'fit'>,
  left: Map<string, number>,
): AsyncGenerator<Entry> {
  const split = csvSplitter(mapping.delimiter)
  let columns: readonly string[] | undefined
  for await (const { number: line, text } of lines) {
    if (text === undefined) {
      yield { line, raw: `line ${line}`, code: 'line-too-long' }
      continue
    }
    const isComment = mapping.comment !== undefined && text.startsWith(mapping.comment)
    if (text.trim() === '' || isComment) continue
    const cells = split(text)
    if (columns === undefined) {
      columns = mapping.header
        ? cells?.map((name) => name.trim())
        : cells?.map((_cell, i) => String(i + 1))
      checkColumns(mapping, columns, line)
      for (const name of unnamedColumns(mapping, columns!)) left.set(name, 1)
      if (mapping.header) continue
    }
    if (cells?.length !== columns!.length) {
      const detail = cells === undefined ? 'quotes do not match' : `${cells.length} fields`
      yield { line, raw: text, code: 'line-malformed', detail }
      continue
    }
    const item = mapped(mapping, columns!, cells)
    if (!item.ok) yield { line, raw: text, code: item.code, ...detailOf(item.detail) }
    else if (item.value !== undefined) yield entryOf(line, text, { ...item.value }, form)
  }
}

function detailOf(detail: string | undefined) {
  return detail === undefined ? {} : { detail }
}

function checkColumns(
  mapping: Mapping,
  columns: readonly string[] | undefined,
  line: number,
): void {
  const missing = columns === undefined ? ['any'] : missingColumns(mapping, columns)
  if (missing.length === 0) return
  throw new Failure('line-malformed', `line ${line}: no column ${missing.join(', ')}`)
}

export function isFolder(path: string): boolean {
  return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
