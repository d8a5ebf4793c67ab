/**
 * `import`: what another tool exports, said by this node: second-hand unless said otherwise, within
 * the guards and caps of everything that is said. The same command again goes on where it stopped.
 */
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { Option, type Command } from 'commander'
import { PAP, TLP } from '../core/codes.js'
import { DOCUMENTS, formatOf, type DocumentFormat } from '../exchange/documents.js'
import {
  ALREADY,
  ELSEWHERE,
  IMPORT_KINDS,
  type ImportDefaults,
  type ImportKind,
} from '../exchange/import-item.js'
import { FORBIDDING } from '../exchange/marks.js'
import { Bulk, chunksOf, type Counts } from './bulk.js'
import { Failure, usage } from './failure.js'
import { FileBytes, fileLines } from './file-lines.js'
import {
  isFolder,
  mappedEntries,
  mappingFrom,
  parsed,
  readDocument,
  readFeed,
  type ReadDocument,
} from './import-file.js'
import { Listing } from './listing.js'
import { entriesOf, REPORT_COLUMNS, type Entry, type Fit } from './report-file.js'
import type { Shell } from './shell.js'

const LINES = ['csv', 'ndjson', 'text'] as const
type LineFormat = (typeof LINES)[number]
type Format = DocumentFormat | LineFormat

export interface ImportOptions {
  readonly format?: Format
  readonly mapping?: string
  readonly dryRun?: true
  readonly again?: true
  readonly type?: string
  readonly confidence?: string
  readonly ttl?: string
  readonly action?: string
  readonly category?: string
  readonly tlp?: string
  readonly pap?: string
  readonly firstHand?: true
}

/** The routes that take items of a kind. */
const ROUTES: Readonly<Record<ImportKind, string>> = {
  report: '/v1/reports',
  sighting: '/v1/sightings',
  dispute: '/v1/disputes',
  revocation: '/v1/revocations',
}

export function importCommand(program: Command, shell: Shell): void {
  program
    .command('import')
    .argument('<file>', 'file, folder of a MISP feed, or - for stdin')
    .description('say what another tool exports, second-hand')
    .addOption(new Option('--format <format>', 'of the file').choices([...DOCUMENTS, ...LINES]))
    .option('--mapping <file>', 'what the columns of a CSV are (config/import.yaml shows how)')
    .option('--dry-run', 'judge everything as if it were said, and say nothing')
    .option('--again', 'anew even where it was imported before')
    .option('--type <type>', 'type of lines that name none')
    .option('--confidence <0-100>', 'of what has none of its own')
    .option('--ttl <life>', 'of what has no end of its own (default: the type’s)')
    .option('--action <action>', 'of what asks for none (default observe)')
    .option('--category <name>', 'of what is filed under none')
    .addOption(new Option('--tlp <mark>', 'of what has none (default amber)').choices(TLP.names))
    .addOption(new Option('--pap <mark>', 'of what has none (default green)').choices(PAP.names))
    .option('--first-hand', 'seen on this lab’s own API')
    .action((file: string, options: ImportOptions) => importFile(shell, file, options))
}

/** What another command says of the whole file. */
export interface ImportMore {
  readonly defaults?: ImportDefaults
  readonly headers?: Readonly<Record<string, string>>
}

interface RunOptions extends ImportOptions {
  readonly headers: Readonly<Record<string, string>>
}

/** What a run comes to. */
interface Sums {
  readonly counts: Counts
  readonly clipped: number
  readonly unexpressed: ReadonlyMap<string, number>
}

export async function importFile(
  shell: Shell,
  file: string,
  options: ImportOptions,
  more: ImportMore = {},
): Promise<void> {
  const defaults = { ...defaultsOf(options), ...more.defaults }
  const bytes = new FileBytes(file, shell.streams.stdin)
  const format = options.format ?? guessed(file)
  const { headers = {} } = more
  const runOptions = { ...options, headers }
  if (!isLines(format)) {
    const run = new ImportRun(shell, runOptions, 'object')
    return run.end(await run.document(await documentOf(file, format, bytes, defaults)))
  }
  const left = new Map<string, number>()
  const entries = await lineEntries(format, bytes, options, { defaults, left })
  const run = new ImportRun(shell, runOptions, 'line')
  const counts = await run.say('report', entries, bytes.share)
  return run.end({ counts, clipped: 0, unexpressed: left })
}

function isLines(format: Format | undefined): format is LineFormat {
  return (LINES as readonly unknown[]).includes(format)
}

function defaultsOf(options: ImportOptions): ImportDefaults {
  const { type, confidence, ttl, action, category, tlp, pap, firstHand } = options
  if (confidence !== undefined && !/^\d+$/.test(confidence)) throw usage('--confidence is a number')
  const given = { type, ttl, action, category, tlp, pap, firstHand }
  const named = Object.entries({
    ...given,
    confidence: confidence === undefined ? undefined : Number(confidence),
  }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(named)
}

/** By its name; undefined where only what is in it can tell. */
function guessed(file: string): LineFormat | undefined {
  if (file === '-') throw usage('--format is needed with stdin')
  if (isFolder(file) || /\.json$/i.test(file)) return undefined
  if (/\.csv$/i.test(file)) return 'csv'
  return /\.(?:ndjson|jsonl)$/i.test(file) ? 'ndjson' : 'text'
}

/** A folder is a feed of MISP. */
async function documentOf(
  file: string,
  given: DocumentFormat | undefined,
  bytes: FileBytes,
  defaults: ImportDefaults,
): Promise<ReadDocument> {
  if (isFolder(file)) return readFeed(file, defaults)
  const document = parsed(await text(Readable.from(bytes)))
  const format = given ?? formatOf(document)
  if (format !== undefined) return readDocument(document, format, defaults)
  throw new Failure('format-unknown', `${file}: none of ${DOCUMENTS.join(' ')}`)
}

async function lineEntries(
  format: LineFormat,
  bytes: FileBytes,
  { mapping }: ImportOptions,
  { defaults, left }: { readonly defaults: ImportDefaults; readonly left: Map<string, number> },
): Promise<AsyncIterable<Entry>> {
  const lines = fileLines(bytes)
  const form = { defaults: { ...ELSEWHERE, ...defaults }, fit: passing(defaults, left) }
  if (mapping !== undefined) {
    if (format !== 'csv') throw usage('--mapping is of a CSV')
    return mappedEntries(lines, await mappingFrom(mapping), form, left)
  }
  if (format === 'text' && defaults.type === undefined) throw usage('a text file needs --type')
  // An export of ours names whose claim each was.
  return entriesOf(lines, { ...form, format, columns: new Set([...REPORT_COLUMNS, 'member']) })
}

/**
 * What was first-hand elsewhere is second-hand here, and whose it was is not said. A mark of its
 * own may forbid to pass it on; the operator's own, of lines that have none, is how it is said.
 */
function passing({ firstHand = false, tlp }: ImportDefaults, left: Map<string, number>): Fit {
  return ({ member, ...item }) => {
    if (member !== undefined) left.set('member', (left.get('member') ?? 0) + 1)
    const isForbidden = item['tlp'] !== tlp && FORBIDDING.includes(item['tlp'] as string)
    return isForbidden ? 'tlp-forbids' : { ...item, firstHand }
  }
}

class ImportRun {
  readonly #shell: Shell
  readonly #options: RunOptions
  readonly #listing: Listing
  readonly #salt: string

  constructor(shell: Shell, options: RunOptions, noun: string) {
    this.#shell = shell
    this.#options = options
    this.#listing = new Listing(shell, noun)
    const { again } = options
    this.#salt = JSON.stringify(['import', again === true ? randomBytes(16).toString('hex') : ''])
  }

  async document({ entries, clipped, unexpressed }: ReadDocument): Promise<Sums> {
    const sum = { accepted: 0, duplicate: 0, guarded: 0, refused: 0 }
    for (const kind of IMPORT_KINDS) {
      const counts = await this.say(kind, each(entries.get(kind)!))
      for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += counts[name]
    }
    return { counts: sum, clipped, unexpressed }
  }

  async say(
    kind: ImportKind,
    entries: AsyncIterable<Entry>,
    share?: () => number | undefined,
  ): Promise<Counts> {
    const query = `?sparesFirstHand=yes${this.#options.dryRun === true ? '&dryRun=yes' : ''}`
    const progress = this.#shell.progress({ of: `${kind}s`, ...(share && { share }) })
    const bulk = new Bulk(
      ROUTES[kind] + query,
      {
        ask: (ask) =>
          this.#shell.client.ask({ ...ask, headers: { ...ask.headers, ...this.#options.headers } }),
        onLine: (result) => this.#listing.add(result),
        onProgress: (count) => progress.show(count),
      },
      ALREADY,
    )
    try {
      await bulk.run(chunksOf(entries, this.#salt))
      return bulk.counts
    } finally {
      progress.end()
    }
  }

  end({ counts, clipped, unexpressed }: Sums): void {
    const shell = this.#shell
    const left = Object.fromEntries(unexpressed)
    const whole = { ...counts, clipped, notExpressed: left }
    if (shell.json) shell.print(JSON.stringify(whole))
    else {
      this.#listing.end(counts)
      if (clipped > 0) shell.note(`${clipped} lived longer than their type may, and were cut to it`)
      const names = [...unexpressed].map(([name, count]) => `${count} × ${name}`)
      if (names.length > 0) shell.note(`not expressed here: ${names.join(', ')}`)
      if (this.#options.dryRun === true) shell.note('a dry run: nothing was said')
    }
    if (counts.refused > 0) shell.exit = 1
  }
}

async function* each(entries: readonly Entry[]): AsyncGenerator<Entry> {
  yield* entries
}
