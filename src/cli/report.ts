/** `report`: what this lab has seen, one by one or from a file. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { usage } from './failure.js'
import { importFile } from './import.js'
import { FORMATS, REPORT_COLUMNS, type Defaults, type Format } from './report-file.js'
import { envelopeOf, resultOf } from './said.js'
import { sayFile } from './say-file.js'
import type { Shell } from './shell.js'
import { waitForReceipts } from './wait.js'

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
  readonly format?: Format | 'stix' | 'misp'
  readonly type?: string
  readonly again?: boolean
  readonly force?: boolean
  readonly reason?: string
  readonly approver?: string
  readonly wait?: boolean
}

const EQUAL = 'duplicate: an equal report stands'

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
    .addOption(new Option('--format <format>', 'of the file').choices([...FORMATS, 'stix', 'misp']))
    .option('--type <type>', 'type of lines that name none')
    .option('--force', 'publish it although it is allowed or on a warning list; needs --reason')
    .option('--reason <text>', 'with --force: why; recorded on this node (allow list)')
    .option('--approver <name>', 'who approved that it leaves; kept in this node’s ledger')
    .option('--again', 'report the file anew even where it was reported before')
    .option('--wait', 'until every reachable member has applied it; names who has not')
    .action((type: string | undefined, value: string | undefined, options: ReportOptions) =>
      options.file === undefined
        ? reportOne(shell, type, value, options)
        : reportFile(shell, options.file, type ?? options.type, options),
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

function headersOf({ approver }: ReportOptions): Readonly<Record<string, string>> {
  return approver === undefined ? {} : { 'x-tocsin-approver': encodeURIComponent(approver) }
}

async function reportOne(
  shell: Shell,
  type: string | undefined,
  value: string | undefined,
  options: ReportOptions,
): Promise<void> {
  if (type === undefined || value === undefined) throw usage('give TYPE and VALUE, or --file')
  const body = { type, value: await shell.valueOf(type, value), ...fieldsOf(options) }
  const headers = headersOf(options)
  const answer = await shell.ask({ method: 'POST', path: '/v1/reports', body, headers })
  if (!shell.json) shell.print(resultOf(answer, { accepted: 'accepted', duplicate: EQUAL }))
  if (options.wait === true) await waitForReceipts(shell, envelopeOf(answer))
}

/** Files are second-hand unless said: their lines come from somewhere else. */
async function reportFile(
  shell: Shell,
  file: string,
  type: string | undefined,
  options: ReportOptions,
): Promise<void> {
  const { format, again } = options
  const defaults = {
    firstHand: false,
    ...fieldsOf(options),
    ...(type === undefined ? {} : { type }),
  }
  if (format === 'stix' || format === 'misp') {
    const more = again === true ? ({ again } as const) : {}
    await importFile(shell, file, { format, ...more }, { defaults, headers: headersOf(options) })
    if (options.wait === true) await waitForReceipts(shell)
    return
  }
  await sayFile(shell, file, {
    path: '/v1/reports',
    columns: REPORT_COLUMNS,
    defaults,
    format,
    again,
    headers: headersOf(options),
  })
  if (options.wait === true) await waitForReceipts(shell)
}
