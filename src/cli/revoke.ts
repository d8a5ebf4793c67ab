/** `revoke`: takes back what this lab reported, one by one, by a file, or all said since. */
import { Option, type Command } from 'commander'
import type { Answer } from './client.js'
import { Failure, usage } from './failure.js'
import { FORMATS, type Format } from './report-file.js'
import { envelopeOf, resultOf } from './said.js'
import { sayFile } from './say-file.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'
import { waitForReceipts } from './wait.js'

const COLUMNS: ReadonlySet<string> = new Set(['type', 'value', 'reason'])
const REVOCATIONS = '/v1/revocations'

interface RevokeOptions {
  readonly reason?: string
  readonly file?: string
  readonly format?: Format
  readonly since?: string
  readonly token?: string
  readonly campaign?: string
  readonly type?: string
  readonly wait?: boolean
}

/** What a selection found, and what of it was taken back. */
interface Selected {
  readonly matched: number
  readonly revoked: number
  readonly left: number
  readonly sample: readonly {
    readonly type: string
    readonly value: string
    readonly time: string
  }[]
}

export function revokeCommand(program: Command, shell: Shell): void {
  program
    .command('revoke')
    .argument('[type]', 'full or short name of the type, or ip')
    .argument('[value]', 'the value, or - to read it from stdin')
    .option('--reason <reason>', 'like false-positive, own-customer, no-longer-seen')
    .option('--file <file>', 'take back every line of a file, or of stdin with -')
    .addOption(new Option('--format <format>', 'of the file').choices(FORMATS))
    .option('--since <time>', 'all that was said since, like 24h or 2026-11-23T00:00:00Z')
    .option('--token <name>', 'all that was said with this token (the command line’s: operator)')
    .option('--campaign <id>', 'all that was said of this campaign')
    .option('--type <type>', 'of this type alone; with --file: type of lines that name none')
    .option('--wait', 'until every reachable member has applied it; names who has not')
    .description('take back what this lab reported')
    .action((type: string | undefined, value: string | undefined, options: RevokeOptions) =>
      revoke(shell, type, value, options),
    )
}

function revoke(
  shell: Shell,
  type: string | undefined,
  value: string | undefined,
  options: RevokeOptions,
): Promise<void> {
  const { file, format, reason, since, token, campaign } = options
  const waited = () => (options.wait === true ? waitForReceipts(shell) : undefined)
  const selects = [since, token, campaign].some((given) => given !== undefined)
  if (selects && (file ?? type) !== undefined) {
    throw usage('--since, --token, --campaign go alone; the API’s token goes before the command')
  }
  if (file !== undefined) {
    const of = type ?? options.type
    const defaults = { ...(of === undefined ? {} : { type: of }), ...(reason && { reason }) }
    const rest = { path: REVOCATIONS, columns: COLUMNS, format, again: undefined }
    return sayFile(shell, file, { ...rest, defaults }).then(waited)
  }
  if (reason === undefined) throw usage('--reason is needed')
  if (type !== undefined && value !== undefined) return revokeOne(shell, type, value, options)
  const named = Object.entries({ since, token, campaign, type: options.type })
  const select = named.filter((pair): pair is [string, string] => pair[1] !== undefined)
  if (type !== undefined || select.length === 0) {
    throw usage('give TYPE and VALUE, --file, or what is meant: --since --token --campaign --type')
  }
  return revokeSelected(shell, Object.fromEntries(select), reason).then(waited)
}

async function revokeOne(
  shell: Shell,
  type: string,
  given: string,
  { reason, wait }: RevokeOptions,
): Promise<void> {
  const body = { type, value: await shell.valueOf(type, given), reason }
  const answer = await shell.ask({ method: 'POST', path: REVOCATIONS, body })
  if (!shell.json) {
    shell.print(resultOf(answer, { accepted: 'revoked', duplicate: 'already revoked' }))
  }
  if (wait === true) await waitForReceipts(shell, envelopeOf(answer))
}

/** Counts, asks, and takes back until nothing is left. */
async function revokeSelected(
  shell: Shell,
  select: Readonly<Record<string, string>>,
  reason: string,
): Promise<void> {
  const ask = async (dryRun: boolean): Promise<Answer> => {
    const body = { select, reason, dryRun }
    return shell.ask({ method: 'POST', path: REVOCATIONS, body, patient: true })
  }
  const found = selectedOf(await ask(true))
  if (!shell.json) shell.print(foundText(found))
  if (found.matched === 0) return
  if (!(await shell.confirm(`Revoke ${found.matched} reports (${reason})?`))) {
    throw new Failure('not-confirmed', `${found.matched} reports stand`)
  }
  let revoked = 0
  const share = () => revoked / found.matched
  const progress = shell.progress({ of: 'reports', share })
  for (;;) {
    const done = selectedOf(await ask(false))
    revoked += done.revoked
    progress.show(revoked)
    if (done.left === 0) break
    if (done.revoked === 0) throw new Failure('not-done', `${done.left} reports still stand`)
  }
  progress.end()
  if (!shell.json) shell.print(`revoked ${revoked}`)
}

function selectedOf(answer: Answer): Selected {
  return answer.body as unknown as Selected
}

function foundText({ matched, sample }: Selected): string {
  if (matched === 0) return 'no live report of ours is meant'
  const rows = sample.map(({ type, value, time }) => ['', type, value, `said ${time}`])
  const more = matched - sample.length
  const rest = more > 0 ? `\n  … and ${more} more` : ''
  return `${matched} live reports are meant\n${columns(rows)}${rest}`
}
