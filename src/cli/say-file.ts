/**
 * Every line of a file, said chunk by chunk: `report --file` and `revoke --file`. The same command
 * again continues where it stopped.
 */
import { randomBytes } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { Bulk, chunksOf } from './bulk.js'
import { usage } from './failure.js'
import { FileBytes, fileLines } from './file-lines.js'
import { Listing } from './listing.js'
import { entriesOf, type Defaults, type Format } from './report-file.js'
import type { Shell } from './shell.js'

export interface FileOptions {
  /** Route that takes lists of such items. */
  readonly path: string
  /** Columns a CSV may have. */
  readonly columns: ReadonlySet<string>
  /** What a line leaves out. */
  readonly defaults: Defaults
  readonly format: Format | undefined
  readonly headers?: OutgoingHttpHeaders
  /** Anew even where it was said before. */
  readonly again: boolean | undefined
}

export async function sayFile(shell: Shell, file: string, options: FileOptions): Promise<void> {
  const { path, columns, defaults, format = formatOf(file) } = options
  if (format === 'text' && defaults['type'] === undefined) throw usage('a text file needs --type')
  const bytes = new FileBytes(file, shell.streams.stdin)
  const entries = entriesOf(fileLines(bytes), { format, defaults, columns })
  const nonce = options.again === true ? randomBytes(16).toString('hex') : ''
  const listing = new Listing(shell)
  const progress = shell.progress({ of: 'lines', share: bytes.share })
  const bulk = new Bulk(path, {
    ask: (ask) => shell.client.ask({ ...ask, headers: { ...ask.headers, ...options.headers } }),
    onLine: (result) => listing.add(result),
    onProgress: (lines) => progress.show(lines),
  })
  try {
    await bulk.run(chunksOf(entries, JSON.stringify([format, nonce])))
  } catch (error) {
    progress.end()
    shell.note('tocsin: stopped early; the same command again continues where this one stopped')
    throw error
  } finally {
    progress.end()
    listing.end(bulk.counts)
  }
  if (bulk.counts.refused > 0) shell.exit = 1
}

function formatOf(file: string): Format {
  if (/\.(ndjson|jsonl)$/i.test(file)) return 'ndjson'
  return /\.csv$/i.test(file) ? 'csv' : 'text'
}
