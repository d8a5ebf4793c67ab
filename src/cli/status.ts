/** `status` and `peers`: how the node stands and whom it hears. */
import type { Command } from 'commander'
import { pauseRows, type PausesBody } from './pause.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'
import { waitForLinks } from './wait-links.js'

interface StatusBody {
  readonly name: string
  readonly peerId: string
  readonly version: string
  readonly federation: string
  readonly openFederation: boolean
  readonly epochs: readonly { readonly id: string; readonly knownToRemoved: readonly string[] }[]
  readonly live: number
  readonly byType: Readonly<Record<string, number>>
  readonly byAction: Readonly<Record<string, number>>
  readonly heads: Readonly<Record<string, number>>
  readonly logHash: string
  readonly stateHash: string
  readonly asOf: string
  readonly freshness: string
  readonly policyHash: string
  readonly policyErrors: readonly unknown[]
  readonly paused: PausesBody
  readonly members: readonly {
    readonly name: string
    readonly role: string
    readonly trust: string
    readonly keys: readonly {
      readonly peerId: string
      readonly link: string
      readonly head: number
      readonly current: boolean
      readonly quiet: boolean
      readonly voids: Readonly<Record<string, number>>
    }[]
  }[]
  readonly catchUp: {
    readonly missing?: readonly { readonly envelopes: number }[]
    readonly fetching?: readonly { readonly held: number; readonly to: number }[]
  }
  readonly scrub: {
    readonly lastAt: string | null
    readonly finding: { readonly what: string; readonly at: string } | null
    readonly damaged: readonly { readonly peerId: string; readonly seq: number }[]
  }
  readonly disk: { readonly ok: boolean; readonly code?: string }
}

interface PeersBody {
  readonly peers: readonly {
    readonly member: string | null
    readonly peerId: string
    readonly link: string
    readonly lagMs: number | null
    readonly hearsUs: boolean | null
    readonly counts: Readonly<Record<string, number>>
  }[]
}

export function statusCommands(program: Command, shell: Shell): void {
  program
    .command('status')
    .description('what the node holds and how it stands')
    .action(async () => {
      const { body } = await shell.ask({ method: 'GET', path: '/v1/status' })
      if (!shell.json) shell.print(statusText(body as unknown as StatusBody))
    })
  program
    .command('peers')
    .option('--wait', 'until the node runs and every link is up; names those that are not')
    .description('the members’ keys as the mesh sees them')
    .action(async ({ wait }: { wait?: boolean }) => {
      if (wait === true) await waitForLinks(shell)
      const { body } = await shell.ask({ method: 'GET', path: '/v1/peers' })
      if (!shell.json) shell.print(peersText(body as unknown as PeersBody))
    })
}

function statusText(status: StatusBody): string {
  const open = status.openFederation ? ' (its key is public: it hides nothing)' : ''
  const { disk } = status
  const { fetching = [] } = status.catchUp
  const missing = (status.catchUp.missing ?? []).reduce((sum, one) => sum + one.envelopes, 0)
  return columns([
    ['node', `${status.name}  ${status.peerId}`],
    ['version', status.version],
    ['federation', `${status.federation}${open}`],
    ...epochRows(status.epochs),
    ['freshness', status.freshness],
    ...pauseRows(status.paused),
    ['policy', status.policyHash + policyNote(status)],
    ...(missing === 0 ? [] : [['missing', `${missing} envelopes, being fetched`]]),
    ...fetching.map(({ held, to }) => ['fetching', `a log, ${held} of ${to} envelopes held`]),
    ['disk', disk.ok ? 'ok' : (disk.code ?? 'failed')],
    ...scrubRows(status.scrub),
    ['live', `${status.live}${counted(status.byType)}`],
    ['asked for', counted(status.byAction).trim() || 'nothing'],
    ['log hash', status.logHash],
    ['state hash', `${status.stateHash} as of ${status.asOf}`],
    ['own log', `${status.heads[status.peerId] ?? 0} envelopes`],
    ...status.members.map((member) => [
      'member',
      `${member.name}  ${member.role}, ${member.trust}  ${member.keys.map(keyText).join('; ')}`,
    ]),
  ])
}

function policyNote({ policyErrors }: StatusBody): string {
  return policyErrors.length === 0 ? '' : '  (its file has mistakes: tocsin policy show)'
}

/** Of the newest alone: the others are known to whoever has left since, and that is how it is. */
function epochRows([newest]: StatusBody['epochs']): string[][] {
  if (newest === undefined || newest.knownToRemoved.length === 0) return []
  const who = newest.knownToRemoved.join(', ')
  return [['epoch key', `${newest.id} is known to ${who}, removed: tocsin federation rotate`]]
}

/** Nothing where nothing was ever found. */
function scrubRows({ finding, damaged }: StatusBody['scrub']): string[][] {
  return [
    ...(finding === null ? [] : [['last damage', `${finding.what}, ${finding.at}`]]),
    ...damaged.map(({ peerId, seq }) => ['not readable', `${peerId} ${seq}, asked for again`]),
  ]
}

function keyText(key: StatusBody['members'][number]['keys'][number]): string {
  const voids = counted(key.voids).trim()
  const notes = [
    key.current ? '' : ', not current',
    key.quiet ? ', quiet' : '',
    voids === '' ? '' : `, void: ${voids}`,
  ]
  return `${key.link}, ${key.head} envelopes${notes.join('')}`
}

function counted(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
  return parts.length === 0 ? '' : `  ${parts.join(', ')}`
}

function peersText({ peers }: PeersBody): string {
  if (peers.length === 0) return 'no members yet: tocsin members add CARD'
  const rows = peers.map(({ member, peerId, link, lagMs, hearsUs, counts }) => [
    member ?? '',
    peerId,
    link,
    lagMs === null ? '' : `${Math.round(lagMs)} ms`,
    hearsUs === null ? '' : hearsUs ? 'yes' : 'no',
    counted(counts).trim(),
  ])
  const head = ['member', 'key', 'link', 'round trip', 'hears us', 'envelopes']
  return columns([head, ...rows], { hasHead: true })
}
