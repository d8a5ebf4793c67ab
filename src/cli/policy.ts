/** `policy`: what this node makes of what it hears; what another file would turn; changing it. */
import { readFile } from 'node:fs/promises'
import { text as textOf } from 'node:stream/consumers'
import { Option, type Command } from 'commander'
import { expectFine, type Ask, type Answer } from './client.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

interface Note {
  readonly key: string
  readonly message: string
}

interface PolicyBody {
  readonly hash: string
  readonly since: string
  readonly source: 'file' | 'packaged' | 'history'
  readonly path: string
  readonly warnings: readonly Note[]
  readonly errors: readonly Note[]
  readonly text: string
  readonly changed?: boolean
}

interface FlipsBody {
  readonly hash: string
  readonly against: string
  readonly warnings: readonly Note[]
  readonly complete: boolean
  readonly looked: number
  readonly flips: number
  readonly byChange: readonly {
    readonly from: string
    readonly to: string
    readonly count: number
    readonly byType: Readonly<Record<string, number>>
  }[]
  /** What was looked up here in the last day, by a sample. */
  readonly sample?: SampleBody
  readonly examples: readonly {
    readonly type: string
    readonly value: string
    readonly from: string
    readonly to: string
    readonly reasons: readonly {
      readonly member: string
      readonly action: string
      readonly confidence: number
      readonly held?: string
      readonly heldNow?: string
    }[]
  }[]
}

interface SampleBody {
  readonly lookUps: number
  readonly flips: number
  readonly byChange: readonly {
    readonly from: string
    readonly to: string
    readonly count: number
    readonly byMember: Readonly<Record<string, number>>
  }[]
  readonly of: { readonly held: number; readonly seen: number; readonly lost: number }
}

export function policyCommands(program: Command, shell: Shell): void {
  const policy = program.command('policy').description('what this node makes of what it hears')
  policy
    .command('show')
    .description('the policy in force, and what is wrong with its file')
    .action(async () => {
      const { body } = await shell.ask({ method: 'GET', path: '/v1/policy' })
      if (!shell.json) show(shell, body as unknown as PolicyBody)
    })
  policy
    .command('test')
    .argument('<file>', 'policy file, or - for stdin')
    .addOption(
      new Option('--against <span>', 'also of what was looked up here so long').choices(['24h']),
    )
    .description('what it would turn of everything live; changes nothing')
    .action(async (file: string, { against }: { against?: string }) => {
      const { text, flips } = await tryOut(shell, await contentOf(shell, file), against)
      shell.print(shell.json ? text : flipsText(flips, true))
    })
  policy
    .command('apply')
    .argument('<file>', 'policy file, or - for stdin')
    .description('put it in force, after telling what it turns')
    .action((file: string) => apply(shell, file))
}

async function apply(shell: Shell, file: string): Promise<void> {
  const text = await contentOf(shell, file)
  const { flips } = await tryOut(shell, text)
  if (!shell.json) shell.print(flipsText(flips, false))
  const question = `Put ${file} in force?`
  if (!(await shell.confirm(question))) throw new Failure('not-confirmed', file)
  const answer = await ask(shell, { method: 'PUT', path: '/v1/policy', body: { text } })
  if (shell.json) return shell.print(answer.text)
  const { hash, path, changed } = answer.body as unknown as PolicyBody
  const what = changed === true ? 'in force' : 'in force already'
  shell.print(`policy ${hash} ${what}; written to ${path}`)
}

async function tryOut(
  shell: Shell,
  text: string,
  against?: string,
): Promise<{ readonly text: string; readonly flips: FlipsBody }> {
  const path = `/v1/policy/test${against === undefined ? '' : `?against=${against}`}`
  const answer = await ask(shell, { method: 'POST', path, body: { text }, patient: true })
  const flips = answer.body as unknown as FlipsBody
  for (const { key, message } of flips.warnings) shell.note(`warning: ${key}: ${message}`)
  return { text: answer.text, flips }
}

/** As the shell's own, with every mistake of the file on a line of its own. */
async function ask(shell: Shell, question: Ask): Promise<Answer> {
  const answer = await shell.client.ask(question)
  const errors = answer.body['errors'] as readonly Note[] | undefined
  if (answer.body['code'] !== 'policy-invalid' || errors === undefined) return expectFine(answer)
  if (shell.json) shell.print(answer.text)
  for (const { key, message } of errors) shell.note(`${key}: ${message}`)
  throw new Failure('policy-invalid', `nothing changed: ${counted(errors.length, 'mistake')}`)
}

async function contentOf(shell: Shell, file: string): Promise<string> {
  if (file === '-') return textOf(shell.streams.stdin)
  return readFile(file, 'utf8').catch(() => {
    throw new Failure('file-unreadable', file)
  })
}

/** The text alone on stdout, so that it can be kept as a file. */
function show(shell: Shell, policy: PolicyBody): void {
  const { hash, since, source, path, warnings, errors, text } = policy
  const from = {
    file: path,
    packaged: `the package; your own would be ${path}`,
    history: `the history: ${path} cannot be used`,
  }
  shell.note(`policy ${hash}, in force since ${since}, from ${from[source]}`)
  for (const { key, message } of warnings) shell.note(`warning: ${key}: ${message}`)
  if (errors.length > 0) shell.note(`${path} is not in force: ${counted(errors.length, 'mistake')}`)
  for (const { key, message } of errors) shell.note(`  ${key}: ${message}`)
  shell.note('')
  shell.printFile(text.trimEnd())
}

function flipsText(flips: FlipsBody, withExamples: boolean): string {
  const { complete, looked, hash, against, byChange, examples } = flips
  const keys = counted(looked, 'live value')
  const head = complete
    ? `${keys} judged, ${flips.flips} would turn`
    : `${keys} judged before time ran out, ${flips.flips} of them would turn; there are more`
  const same = hash === against ? ' (the file says what is in force)' : ''
  const rows = byChange.map(({ from, to, count, byType }) => [
    `  ${from} → ${to}`,
    String(count),
    Object.entries(byType)
      .map(([type, of]) => `${type} ${of}`)
      .join(', '),
  ])
  const lines = [head + same, ...(rows.length === 0 ? [] : [columns(rows)])]
  if (flips.sample !== undefined) lines.push(...sampleLines(flips.sample))
  if (!withExamples || examples.length === 0) return lines.join('\n')
  return [...lines, '', 'for example', columns(examples.flatMap(exampleRows))].join('\n')
}

function sampleLines({ lookUps, flips, byChange, of }: SampleBody): string[] {
  const rows = byChange.map(({ from, to, count, byMember }) => [
    `  ${from} → ${to}`,
    String(count),
    Object.entries(byMember)
      .map(([member, of]) => `${member} ${of}`)
      .join(', '),
  ])
  const sample = `${of.held} of ${counted(of.seen, 'look-up')} sampled, ${of.lost} not`
  return [
    '',
    `of ${counted(lookUps, 'look-up')} in the last 24 h ${flips} would turn (${sample})`,
    ...(rows.length === 0 ? [] : [columns(rows)]),
  ]
}

function exampleRows(example: FlipsBody['examples'][number]): string[][] {
  const { type, value, from, to, reasons } = example
  return reasons.map(({ member, action, confidence, held, heldNow }, i) => [
    i === 0 ? `  ${from} → ${to}` : '',
    i === 0 ? `${type} ${value}` : '',
    member,
    `${action} ${confidence}`,
    held === heldNow ? (held ?? '') : `${heldNow ?? 'acts'} → ${held ?? 'acts'}`,
  ])
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
