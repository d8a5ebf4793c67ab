/** `federation`: which labs share a network, and the keys under which their values are hashed. */
import type { Command } from 'commander'
import type { FederationDone } from '../federation/federation-folder.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

interface Shown {
  readonly federation: string
  readonly networkId: string
  readonly openFederation: boolean
  readonly epochs: readonly {
    readonly id: string
    readonly createdAt: string
    readonly stage: string
    readonly until?: string
    readonly knownToRemoved: readonly string[]
  }[]
  readonly keyed: readonly { readonly type: string; readonly limit: string }[]
}

export function federationCommands(program: Command, shell: Shell): void {
  const federation = program.command('federation').description('the network and its epoch keys')
  federation
    .command('create')
    .argument('<name>')
    .option('--new-key', 'set aside what the folder holds of another network')
    .description('make a network of your own; hand its file to the other labs')
    .action(async (name: string, options: { newKey?: boolean }) => {
      const { createFederation } = await import('../federation/federation-folder.js')
      const made = await createFederation(shell.config(), name, { newKey: options.newKey === true })
      tell(shell, made, `created ${made.name}`)
    })
  federation
    .command('join')
    .argument('<file>', 'federation file of a member')
    .option('--new-key', 'set aside what the folder holds of another network')
    .description('join a network, or take over the keys that a member has added to it')
    .action(async (file: string, options: { newKey?: boolean }) => {
      const { joinFederation } = await import('../federation/federation-folder.js')
      const made = await joinFederation(shell.config(), file, { newKey: options.newKey === true })
      tell(shell, made, `joined ${made.name}`)
    })
  federation
    .command('rotate')
    .option('--urgent', 'although the newest key is younger than 90 days: it is known to others')
    .description('begin an epoch with a new key; old ones stay for look-ups')
    .action(async (options: { urgent?: boolean }) => {
      const { rotateFederation } = await import('../federation/federation-folder.js')
      const made = await rotateFederation(shell.config(), { urgent: options.urgent === true })
      tell(shell, made, `rotated ${made.name}`)
    })
  federation
    .command('show')
    .description('network, epoch keys by their ids, and which keyed types are on')
    .action(() => show(shell))
}

function tell(shell: Shell, done: FederationDone, what: string): void {
  const { path, aside } = done
  if (shell.json) return shell.print(JSON.stringify(jsonOf(done)))
  shell.print(`${what}\n${textOf(shownOf(done))}`)
  if (aside !== undefined) shell.print(`what was of another network is in ${aside}`)
  shell.print(`hand ${path} to every member, on a way that nobody else can read;`)
  shell.print('each runs: tocsin federation join FILE')
}

/** The node's word where one runs: it knows who was removed. */
async function show(shell: Shell): Promise<void> {
  try {
    const { body } = await shell.client.ask({ method: 'GET', path: '/v1/status' })
    const { federation, networkId, openFederation, epochs, keyed } = body as unknown as Shown
    const shown = { federation, networkId, openFederation, epochs, keyed }
    shell.print(shell.json ? JSON.stringify(shown) : textOf(shown))
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'no-node' || shell.isRemote) throw error
    const { showFederation } = await import('../federation/federation-folder.js')
    const done = await showFederation(shell.config())
    shell.print(shell.json ? JSON.stringify(jsonOf(done)) : textOf(shownOf(done)))
  }
}

function shownOf({ name, networkId, epochs }: FederationDone): Omit<Shown, 'keyed'> {
  return {
    federation: name,
    networkId,
    openFederation: false,
    epochs: epochs.map(({ id, createdMs, stage, untilMs }) => ({
      id,
      createdAt: isoOf(createdMs),
      stage,
      ...(untilMs === Infinity ? {} : { until: isoOf(untilMs) }),
      knownToRemoved: [],
    })),
  }
}

/** Without the keys themselves. */
function jsonOf(done: FederationDone): object {
  const { path, aside } = done
  return { ...shownOf(done), path, ...(aside === undefined ? {} : { aside }) }
}

const STAGES: Readonly<Record<string, string>> = {
  newest: 'newest: what is said now is said with it',
  accepted: 'still accepted from members',
  'look-ups': 'for look-ups of what was said with it',
  over: 'over',
}

function textOf(shown: Omit<Shown, 'keyed'> & Partial<Pick<Shown, 'keyed'>>): string {
  const { federation, networkId, openFederation, epochs, keyed } = shown
  const on = keyed?.map(({ type, limit }) => ['keyed type', `${type} is on: ${limit}`]) ?? []
  const none = keyed?.length === 0 ? [['keyed types', 'none is on (keyed.types in settings)']] : []
  const open = openFederation ? ' (its key is public: it hides nothing)' : ''
  return columns([
    ['federation', `${federation}${open}`],
    ['network', networkId],
    ...epochs.map((epoch) => ['epoch key', epochText(epoch)]),
    ...on,
    ...none,
  ])
}

function epochText({ id, createdAt, stage, until, knownToRemoved }: Shown['epochs'][number]) {
  const end = until === undefined ? '' : `, until ${until}`
  const known =
    knownToRemoved.length === 0 ? '' : `; known to ${knownToRemoved.join(', ')}, removed since`
  return `${id}  made ${createdAt}  ${STAGES[stage]!}${end}${known}`
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
