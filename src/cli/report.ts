/** `report` and `revoke`: what this lab says, one by one or from a file. */
import { randomBytes } from 'node:crypto'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { Bulk, chunksOf, type Counts, type LineResult } from './bulk.js'
import { usage } from './failure.js'
import { bytesOfFile, fileLines } from './file-lines.js'
import { Progress } from './progress.js'
import { entriesOf, FORMATS, type Defaults, type Format } from './report-file.js'
import type { Shell } from './shell.js'

interface ReportOptions {
  readonly confidence?: number
  readonly action?: string
  readonly ttl?: string
  readonly category?: string
  readonly campaign?: string
  readonly tlp?: string
  readonly pap?: string
  readonly evidence?: string
  readonly label?: readonly string[]
  readonly firstHand?: boolean
  readonly secondHand?: boolean
  readonly file?: string
  readonly format?: Format
  readonly type?: string
  readonly again?: boolean
  readonly force?: boolean
  readonly reason?: string
}

const gather = (value: string, others: readonly string[] = []) => [...others, value]

function number(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('is a whole number.')
}

export function reportCommands(program: Command, shell: Shell): void {
  program
    .command('report')
    .argument('[type]', 'full or short name of the type, or ip')
    .argument('[value]', 'the value, or - to read it from stdin')
    .description('tell the other members what this lab has seen')
    .option('--confidence <0-100>', 'how sure (default 80)', number)
    .option('--action <action>', 'advice: observe, throttle, challenge or block (default)')
    .option('--ttl <life>', 'like 90m, 24h, 7d (default: the type’s)')
    .option('--category <name>', 'like capability-extraction')
    .option('--campaign <id>', 'UUID that ties reports together')
    .option('--tlp <mark>', 'who may see it (default amber)')
    .option('--pap <mark>', 'what may be done with it (default green)')
    .option('--evidence <bucket>', '1-4, 5-19, 20-99, 100-999 or 1000+')
    .option('--label <label>', 'automated, reviewed, synthetic or drill (repeatable)', gather)
    .option('--first-hand', 'seen on this lab’s own API (default for a single report)')
    .option('--second-hand', 'from elsewhere (default for files)')
    .option('--file <file>', 'report every line of a file, or of stdin with -')
    .addOption(new Option('--format <format>', 'of the file').choices(FORMATS))
    .option('--type <type>', 'type of lines that name none')
    .option('--force', 'publish it although it is allowed or on a warning list; needs --reason')
    .option('--reason <text>', 'with --force: why; recorded on this node (allow list)')
    .option('--again', 'report the file anew even where it was reported before')
    .action((type: string | undefined, value: string | undefined, options: ReportOptions) =>
      options.file === undefined
        ? reportOne(shell, type, value, options)
        : reportFile(shell, options.file, type ?? options.type, options),
    )
  program
    .command('revoke')
    .argument('<type>')
    .argument('<value>', 'the value, or - to read it from stdin')
    .requiredOption('--reason <reason>', 'like false-positive, own-customer, no-longer-seen')
    .description('take back what this lab reported')
    .action((type: string, value: string, options: { reason: string }) =>
      revoke(shell, type, value, options.reason),
    )
}

/** A report item's fields as the flags have them. */
function fieldsOf(options: ReportOptions): Defaults {
  const { label, firstHand, secondHand } = options
  if (firstHand === true && secondHand === true) throw usage('--first-hand or --second-hand')
  const { force, reason } = options
  if ((force === true) !== (reason !== undefined)) throw usage('--force and --reason go together')
  const { confidence, action, ttl, category, campaign, tlp, pap, evidence } = options
  const hand = firstHand === true ? true : secondHand === true ? false : undefined
  const all = { confidence, action, ttl, category, campaign, tlp, pap, evidence }
  return Object.fromEntries(
    Object.entries({ ...all, labels: label, firstHand: hand, force: reason }).filter(
      ([, value]) => value !== undefined,
    ),
  )
}

async function reportOne(
  shell: Shell,
  type: string | undefined,
  value: string | undefined,
  options: ReportOptions,
): Promise<void> {
  if (type === undefined || value === undefined) throw usage('give TYPE and VALUE, or --file')
  const body = { type, value: await shell.valueOf(value), ...fieldsOf(options) }
  const answer = await shell.ask({ method: 'POST', path: '/v1/reports', body })
  if (shell.json) return
  const [result] = answer.body['results'] as readonly Said[]
  const { status, envelope } = result!
  const what = status === 'duplicate' ? 'duplicate: an equal report stands' : 'accepted'
  shell.print(`${what}  ${result!.type} ${result!.value}  envelope ${envelope}`)
}

interface Said {
  readonly status: string
  readonly type: string
  readonly value: string
  readonly envelope: string
}

async function revoke(shell: Shell, type: string, given: string, reason: string): Promise<void> {
  const body = { type, value: await shell.valueOf(given), reason }
  const answer = await shell.ask({ method: 'POST', path: '/v1/revocations', body })
  if (shell.json) return
  const [result] = answer.body['results'] as readonly Said[]
  const what = result!.status === 'duplicate' ? 'already revoked' : 'revoked'
  shell.print(`${what}  ${result!.type} ${result!.value}  envelope ${result!.envelope}`)
}

async function reportFile(
  shell: Shell,
  file: string,
  type: string | undefined,
  options: ReportOptions,
): Promise<void> {
  const format = options.format ?? formatOf(file)
  if (format === 'text' && type === undefined) throw usage('a text file needs --type')
  // Files are second-hand unless said: their lines come from somewhere else.
  const defaults = {
    firstHand: false,
    ...fieldsOf(options),
    ...(type === undefined ? {} : { type }),
  }
  const entries = entriesOf(fileLines(bytesOfFile(file, shell.streams.stdin)), format, defaults)
  const nonce = options.again === true ? randomBytes(16).toString('hex') : ''
  const listing = new Listing(shell)
  const progress = new Progress(shell.streams.stderr)
  const bulk = new Bulk({
    ask: (ask) => shell.client.ask(ask),
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

const SHOWN_MAX = 20

/** Lines that were not accepted: the first of each kind for people, all of them as JSON. */
class Listing {
  readonly #shell: Shell
  readonly #shown = { guarded: [] as LineResult[], refused: [] as LineResult[] }

  constructor(shell: Shell) {
    this.#shell = shell
  }

  add(result: LineResult): void {
    if (this.#shell.json) return this.#shell.print(JSON.stringify(result))
    if (result.status === 'duplicate') return
    // Chunks are answered out of order, and the first lines are the ones to keep.
    const shown = this.#shown[result.status]
    shown.push(result)
    shown.sort((a, b) => a.line - b.line)
    shown.length = Math.min(shown.length, SHOWN_MAX)
  }

  end(counts: Counts): void {
    if (this.#shell.json) return this.#shell.print(JSON.stringify(counts))
    for (const kind of ['guarded', 'refused'] as const) {
      for (const { line, code, detail } of this.#shown[kind]) {
        this.#shell.note(`line ${line}: ${code}${detail === undefined ? '' : `: ${detail}`}`)
      }
      const more = counts[kind] - this.#shown[kind].length
      if (more > 0) this.#shell.note(`… and ${more} more ${kind}; --json lists all`)
    }
    const { accepted, duplicate, guarded, refused } = counts
    this.#shell.print(
      `accepted ${accepted}, duplicate ${duplicate}, guarded ${guarded}, refused ${refused}`,
    )
  }
}
