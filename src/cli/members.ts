/** `members`: whom this node hears; live, without a restart. Every change prints its effect. */
import { Argument, Option, type Command } from 'commander'
import { readYamlFile } from '../yaml-file.js'
import { ROLES, TRUSTS } from '../core/roster.js'
import type { Answer } from './client.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

interface MemberBody {
  readonly name: string
  readonly role: string
  readonly trust: string
  readonly addedAt: string
  readonly keys: readonly {
    readonly peerId: string
    readonly addresses: readonly string[]
    readonly link: string
    readonly forked: boolean
    readonly released: boolean
  }[]
}

interface AddOptions {
  readonly name?: string
  readonly addr?: readonly string[]
  readonly role?: string
  readonly trust?: string
  readonly newOrganisation?: boolean
}

const gather = (value: string, others: readonly string[] = []) => [...others, value]
const pathOf = (name: string) => `/v1/members/${encodeURIComponent(name)}`

export function memberCommands(program: Command, shell: Shell): void {
  const members = program.command('members').description('whom this node hears')
  members
    .command('list')
    .description('all members')
    .action(async () => {
      const { body } = await shell.ask({ method: 'GET', path: '/v1/members' })
      const list = body['members'] as readonly MemberBody[]
      if (!shell.json) shell.print(list.length === 0 ? 'no members yet' : columns(rowsOf(list)))
    })
  members
    .command('show')
    .argument('<member>', 'name, or PeerId of one of its keys')
    .description('one member with its keys')
    .action(async (name: string) => {
      const { body } = await shell.ask({ method: 'GET', path: pathOf(name) })
      if (!shell.json) shell.print(memberText(body as unknown as MemberBody))
    })
  addCommand(members, shell)
  members
    .command('trust')
    .argument('<member>')
    .addArgument(new Argument('<level>').choices(TRUSTS))
    .description('how much a member’s word may cause')
    .action(async (name: string, trust: string) => {
      tell(shell, await shell.ask({ method: 'PUT', path: pathOf(name), body: { trust } }))
    })
  releaseCommand(members, shell)
  removeCommand(members, shell)
  members
    .command('apply')
    .requiredOption('-f, --file <file>', 'YAML: a list of {card, name, addresses, role, trust}')
    .description('add and change members as a file lists them; others stay')
    .action((options: { file: string }) => apply(shell, options.file))
}

function addCommand(members: Command, shell: Shell): void {
  members
    .command('add')
    .argument('<card>', 'member card, or PeerId')
    .description('hear a member; with the name of an existing one, add a key to it')
    .option('--name <name>', 'name here (default: the card’s)')
    .option('--addr <multiaddr>', 'where to dial it instead of the card’s addresses', gather)
    .addOption(new Option('--role <role>').choices(ROLES))
    .addOption(new Option('--trust <level>').choices(TRUSTS))
    .option('--new-organisation', 'another organisation although a member has this address')
    .action(async (card: string, options: AddOptions) => {
      const { name, addr, role, trust, newOrganisation } = options
      // What is undefined is not sent; options of all commands are not members' fields.
      const body = { card, name, addresses: addr, role, trust, newOrganisation }
      tell(shell, await shell.ask({ method: 'POST', path: '/v1/members', body }))
    })
}

function releaseCommand(members: Command, shell: Shell): void {
  members
    .command('release')
    .argument('<member>')
    .requiredOption('--key <peerId>', 'its key whose log has forked')
    .option('--undo', 'hold back again what it said')
    .description(
      'let what a forked key said act again, but for what it revoked on any branch; the member ' +
        'must have a new key',
    )
    .action(async (name: string, { key, undo }: { key: string; undo?: boolean }) => {
      const body = { key, released: undo !== true }
      tell(shell, await shell.ask({ method: 'PUT', path: pathOf(name), body }))
    })
}

function removeCommand(members: Command, shell: Shell): void {
  members
    .command('remove')
    .argument('<member>')
    .option('--key <peerId>', 'this key alone')
    .description('hear a member, or one of its keys, no longer; its claims stop acting at once')
    .action(async (name: string, { key }: { key?: string }) => {
      const what = key === undefined ? name : `key ${key} of ${name}`
      if (!(await shell.confirm(`Remove ${what}?`))) throw new Failure('not-confirmed', what)
      const query = key === undefined ? '' : `?${new URLSearchParams({ key }).toString()}`
      const answer = await shell.ask({ method: 'DELETE', path: pathOf(name) + query })
      if (!shell.json) shell.print(`removed ${what}: ${effectOf(answer)}`)
    })
}

/** Entry by entry; one that is refused does not stop the others. */
async function apply(shell: Shell, file: string): Promise<void> {
  const entries = await readYamlFile(file)
  if (!Array.isArray(entries)) throw new Failure('config-invalid', `${file} is not a list`)
  for (const [i, entry] of (entries as unknown[]).entries()) {
    try {
      tell(shell, await shell.ask({ method: 'POST', path: '/v1/members', body: entry }))
    } catch (error) {
      if (!(error instanceof Failure) || error.exit !== 1) throw error
      shell.fail({ code: error.code, message: `entry ${i + 1}: ${error.message}` })
    }
  }
}

function effectOf(answer: Answer): string {
  return (answer.body['effect'] as { text: string }).text
}

function tell(shell: Shell, answer: Answer): void {
  if (shell.json) return
  const member = answer.body['member'] as MemberBody
  shell.print(`${member.name}: ${member.role}, ${member.trust}; ${effectOf(answer)}`)
}

function rowsOf(list: readonly MemberBody[]): string[][] {
  return list.flatMap(({ name, role, trust, keys }) =>
    keys.map(({ peerId, link }) => [name, role, trust, link, peerId]),
  )
}

function memberText({ name, role, trust, addedAt, keys }: MemberBody): string {
  return columns([
    ['name', name],
    ['role', role],
    ['trust', trust],
    ['added', addedAt],
    ...keys.map((key) => [
      'key',
      [key.peerId, key.link, ...forkOf(key), ...key.addresses].join('  '),
    ]),
  ])
}

function forkOf({ forked, released }: MemberBody['keys'][number]): string[] {
  return forked ? [released ? 'forked, released' : 'forked'] : []
}
