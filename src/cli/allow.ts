/** `allow`: what this node never acts on and does not report; in force at once. */
import { Option, type Command } from 'commander'
import { WARNING_LIST_TYPES } from '../exchange/warning-list.js'
import { bytesOfFile } from './file-lines.js'
import { readList, textOf } from './list-file.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

interface EntryBody {
  readonly type: string
  readonly value: string
  readonly reason: string
  readonly until?: string
  readonly over?: boolean
  readonly request: boolean
}

interface ListBody {
  readonly name: string
  readonly as: string
  readonly networks: number
  readonly domains: number
  readonly emailDomains: boolean
  readonly shipped: boolean
  readonly inForce: boolean
}

interface ForcedBody {
  readonly type: string
  readonly value: string
  readonly guard: string
  readonly reason: string
  readonly at: string
  readonly by: string
}

interface LoadOptions {
  readonly as?: string
  readonly name?: string
  readonly emailDomains?: boolean
}

const PATH = '/v1/allowlist'

export function allowCommands(program: Command, shell: Shell): void {
  const allow = program.command('allow').description('what is never acted on, nor reported')
  addCommand(allow, shell)
  allow
    .command('remove')
    .argument('<type>')
    .argument('<value>', 'the value, or - to read it from stdin')
    .description('take a value from the allowlist; what is reported acts again at once')
    .action(async (type: string, value: string) => {
      const body = { type, value: await shell.valueOf(type, value) }
      const answer = await shell.ask({ method: 'DELETE', path: PATH, body })
      if (!shell.json) shell.print(`removed  ${effectOf(answer.body, 'removed')}`)
    })
  allow
    .command('list')
    .description('values, warning lists (shipped and loaded), and what was published by force')
    .addOption(
      new Option('--misp <type>', 'as a warning list of MISP; it names what you allow').choices(
        WARNING_LIST_TYPES,
      ),
    )
    .action(async ({ misp }: { misp?: string }) => {
      const path = misp === undefined ? PATH : `${PATH}?as=${misp}`
      const { body, text } = await shell.ask({ method: 'GET', path })
      if (shell.json) return
      if (misp === undefined) shell.print(listingOf(body))
      else shell.printFile(text)
    })
  loadCommand(allow, shell)
  allow
    .command('unload')
    .argument('<name>')
    .description('take a loaded list out; a shipped one of its name is used again')
    .action(async (name: string) => {
      const path = `${PATH}/lists/${encodeURIComponent(name)}`
      await shell.ask({ method: 'DELETE', path })
      if (!shell.json) shell.print(`unloaded list:${name}`)
    })
}

function addCommand(allow: Command, shell: Shell): void {
  allow
    .command('add')
    .argument('<type>', 'full or short name of the type, or ip')
    .argument('<value>', 'the value, or - to read it from stdin')
    .requiredOption('--reason <text>', 'why; stays on this node')
    .option('--until <time>', 'like 7d, or an ISO 8601 time (default: until it is removed)')
    .option('--request', 'allow the whole request that carries it (default for accounts)')
    .option('--no-request', 'take the value alone out of the evidence (default otherwise)')
    .description('never act on a value, whoever reports it; in force at once')
    .action(async (type: string, given: string, options: Record<string, unknown>) => {
      const body = { type, value: await shell.valueOf(type, given), ...options }
      const answer = await shell.ask({ method: 'POST', path: PATH, body })
      if (!shell.json) shell.print(`allowed  ${effectOf(answer.body, 'entry')}`)
    })
}

function loadCommand(allow: Command, shell: Shell): void {
  allow
    .command('load')
    .argument('<file>', 'one value a line, or a MISP warninglist; - is stdin')
    .addOption(
      new Option('--as <effect>', 'never act on it, or act no further than on rented space')
        .choices(['never', 'cloud'])
        .default('never'),
    )
    .option('--name <name>', 'name of the list (default: the file’s); replaces one of that name')
    .option('--email-domains', 'its names are mail providers, too')
    .description('load a warning list: addresses, networks, domain names')
    .action((file: string, options: LoadOptions) => load(shell, file, options))
}

async function load(shell: Shell, file: string, options: LoadOptions): Promise<void> {
  const read = readList(file, await textOf(file, bytesOfFile(file, shell.streams.stdin)))
  const body = { ...read, ...options }
  const work = shell.ask({ method: 'POST', path: `${PATH}/lists`, body })
  const answer = await shell.progress({ of: 'load' }).during(work)
  if (shell.json) return
  const { list, unread, named } = answer.body as {
    readonly list: ListBody
    readonly unread: number
    readonly named: readonly string[]
  }
  const { name, as, networks, domains } = list
  shell.print(`loaded list:${name} (${as}): ${networks} networks, ${domains} domains`)
  if (unread === 0) return
  const more = unread > named.length ? ', …' : ''
  shell.note(`not read, ${unread} values: ${named.join(', ')}${more}`)
}

function effectOf(body: Readonly<Record<string, unknown>>, key: string): string {
  const { type, value, until } = body[key] as EntryBody
  const { was, now } = body['effect'] as { readonly was: string; readonly now: string }
  return `${type} ${value}${until === undefined ? '' : ` until ${until}`}  ${was} → ${now}`
}

function listingOf(body: Readonly<Record<string, unknown>>): string {
  const entries = (body['entries'] as readonly EntryBody[]).map((entry) => [
    entry.type,
    entry.value,
    entry.request ? 'whole request' : 'value',
    entry.until === undefined
      ? 'for good'
      : `${entry.over === true ? 'over' : 'until'} ${entry.until}`,
    entry.reason,
  ])
  const lists = (body['lists'] as readonly ListBody[]).map((list) => [
    `list:${list.name}`,
    list.as,
    `${list.networks} networks`,
    `${list.domains} domains${list.emailDomains ? ' (mail too)' : ''}`,
    list.shipped ? 'shipped' : 'loaded',
    list.inForce ? 'in force' : 'not used',
  ])
  const forced = (body['forced'] as readonly ForcedBody[]).map((one) => [
    one.type,
    one.value,
    one.guard,
    one.at,
    one.by,
    one.reason,
  ])
  return [
    entries.length === 0 ? 'no allowed values' : `allowed:\n${columns(entries)}`,
    `lists:\n${columns(lists)}`,
    ...(forced.length === 0 ? [] : [`published by force:\n${columns(forced)}`]),
  ].join('\n\n')
}
