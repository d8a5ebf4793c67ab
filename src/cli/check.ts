/** `check`: the verdict on a value, or on every line of a file. */
import type { Command } from 'commander'
import { expectFine } from './client.js'
import { CHUNK_ITEMS } from './bulk.js'
import { usage } from './failure.js'
import { bytesOfFile, fileLines } from './file-lines.js'
import type { Shell } from './shell.js'
import { columns, painted } from './table.js'
import { shownValue } from './shown.js'

interface VerdictBody {
  readonly type: string
  readonly value: string
  readonly action: string
  readonly score: number
  readonly freshness: string
  readonly expiresAt?: string
  readonly decisionId: string
  readonly wouldBe?: string
  readonly guard?: string
  readonly paused?: true
  readonly reasons: readonly {
    readonly type: string
    readonly value: string
    readonly member: string
    readonly action: string
    readonly confidence: number
    readonly firstHand: boolean
    readonly category: string
    readonly validUntil: string
    readonly held?: string
  }[]
}

interface ProblemBody {
  readonly code: string
  readonly title: string
}

interface CheckOptions {
  readonly file?: string
  readonly type?: string
  readonly exitCode?: boolean
}

const EXITS: Readonly<Record<string, number>> = {
  block: 10,
  challenge: 11,
  throttle: 12,
  observe: 13,
}

export function checkCommand(program: Command, shell: Shell): void {
  program
    .command('check')
    .argument('[type]', 'full or short name of the type, or ip')
    .argument('[value]', 'the value, or - to read it from stdin')
    .option('--file <file>', 'check every line: TYPE VALUE, or VALUE with --type')
    .option('--type <type>', 'with --file: type of every line')
    .option('--exit-code', 'exit 10 block, 11 challenge, 12 throttle, 13 observe')
    .description('what this node’s policy makes of a value')
    .action((type: string | undefined, value: string | undefined, options: CheckOptions) =>
      options.file === undefined
        ? checkOne(shell, type, value, options)
        : checkFile(shell, options.file, type ?? options.type, options),
    )
}

async function checkOne(
  shell: Shell,
  type: string | undefined,
  given: string | undefined,
  options: CheckOptions,
): Promise<void> {
  if (type === undefined || given === undefined) throw usage('give TYPE and VALUE, or --file')
  // In the body: a value on an address line ends in logs.
  const body = { items: [{ type, value: await shell.valueOf(type, given) }] }
  const answer = await shell.client.ask({ method: 'POST', path: '/v1/check', body })
  if (shell.json && answer.status >= 400) shell.print(answer.text)
  const { body: answered } = expectFine(answer)
  const [verdict] = answered['verdicts'] as readonly [VerdictBody]
  shell.print(shell.json ? JSON.stringify(verdict) : verdictText(verdict))
  exitBy(shell, options, verdict.action)
}

/** A line's own type or the command's; the strongest verdict decides `--exit-code`. */
async function checkFile(
  shell: Shell,
  file: string,
  type: string | undefined,
  options: CheckOptions,
): Promise<void> {
  let items: { line: number; type: string; value: string }[] = []
  for await (const { number, text } of fileLines(bytesOfFile(file, shell.streams.stdin))) {
    const [first, second] = (text ?? '').trim().split(/\s+/)
    if (text === undefined) shell.fail({ code: 'line-too-long', message: `line ${number}` })
    if (first === undefined || first === '' || first.startsWith('#')) continue
    if (type === undefined && second === undefined) {
      shell.fail({ code: 'line-malformed', message: `line ${number}: TYPE VALUE, or --type` })
      continue
    }
    items.push({ line: number, type: type ?? first, value: type === undefined ? second! : first })
    if (items.length < CHUNK_ITEMS) continue
    await checkMany(shell, items, options)
    items = []
  }
  if (items.length > 0) await checkMany(shell, items, options)
}

async function checkMany(
  shell: Shell,
  items: readonly { line: number; type: string; value: string }[],
  options: CheckOptions,
): Promise<void> {
  const body = { items: items.map(({ type, value }) => ({ type, value })) }
  const answer = await shell.client.ask({ method: 'POST', path: '/v1/check', body })
  const verdicts = answer.body['verdicts'] as readonly (VerdictBody | ProblemBody)[] | undefined
  if (verdicts === undefined) {
    expectFine(answer)
    return
  }
  for (const [i, verdict] of verdicts.entries()) {
    const { line } = items[i]!
    if (shell.json) shell.print(JSON.stringify({ line, ...verdict }))
    if ('code' in verdict) {
      shell.fail({ code: verdict.code, message: `line ${line}: ${verdict.title}` })
      continue
    }
    if (!shell.json) shell.print([headOf(verdict), ...marksOf(verdict)].join('  '))
    exitBy(shell, options, verdict.action)
  }
}

/** A failure (1) is never hidden by a verdict; of verdicts the strongest (lowest) stays. */
function exitBy(shell: Shell, { exitCode }: CheckOptions, action: string): void {
  const code = EXITS[action]
  if (exitCode !== true || code === undefined || shell.exit === 1) return
  shell.exit = shell.exit === 0 ? code : Math.min(shell.exit, code)
}

function headOf(verdict: VerdictBody): string {
  return `${painted(verdict.action)} ${verdict.type} ${shownValue(verdict)}`
}

/** What keeps the action from being what the evidence asks for. */
function marksOf({ wouldBe, guard, paused }: VerdictBody): string[] {
  return [
    ...(guard === undefined ? [] : [`guarded: ${guard}`]),
    ...(wouldBe === undefined ? [] : [`in shadow: would be ${wouldBe}`]),
    ...(paused === undefined ? [] : ['enforcement is paused']),
  ]
}

function verdictText(verdict: VerdictBody): string {
  const { action, type, value, score, freshness, expiresAt } = verdict
  const until = expiresAt === undefined ? '' : `  until ${expiresAt}`
  const what = `${painted(action)}  ${type} ${shownValue(verdict)}`
  const head = `${what}  score ${score}  ${freshness}${until}`
  const rows = verdict.reasons.map((reason) => [
    `  ${reason.member}`,
    reason.action,
    `confidence ${reason.confidence}`,
    reason.firstHand ? 'first-hand' : 'second-hand',
    reason.category,
    `until ${reason.validUntil}`,
    reason.value === value ? '' : `on ${reason.type} ${shownValue(reason)}`,
    reason.held === undefined ? '' : `held: ${reason.held}`,
  ])
  return [
    head,
    ...marksOf(verdict).map((mark) => `  ${mark}`),
    ...(rows.length === 0 ? [] : [columns(rows)]),
    `  decision ${verdict.decisionId}`,
  ].join('\n')
}
