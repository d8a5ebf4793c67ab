/** `edge`: a read-only copy of a node behind the same look-up endpoints. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'
import { stopSignal } from './stop-signal.js'

interface EdgeFlags {
  readonly node: string
  readonly tokenFile?: string
  readonly api?: string
  readonly apiInsecure?: boolean
  readonly store?: string
  readonly nodeKey?: string
  readonly staleAfter: string
  readonly expireAfter: string
  readonly logLevel?: string
}

export function edgeCommand(program: Command, shell: Shell, version: string): void {
  program
    .command('edge')
    .description('answer look-ups from a copy of a node; needs a gateway token of that node')
    .requiredOption('--node <url>', 'the node: http://…, https://… or unix:/PATH of its socket')
    .option(
      '--token-file <file>',
      'the token (or TOCSIN_TOKEN); gateways ask the edge with it, too',
    )
    .option('--api <host:port>', 'where the edge listens')
    .option('--api-insecure', 'allow that beyond loopback without TLS')
    .option('--store <dir>', 'keep the last good copy there, to start without the node')
    .option('--node-key <peerId>', 'the key of the node; without it the first one met is believed')
    .option('--stale-after <duration>', 'how old a copy is called stale', '60s')
    .option('--expire-after <duration>', 'and expired', '24h')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .action((flags: EdgeFlags) => edge(shell, flags, version))
}

async function edge(shell: Shell, flags: EdgeFlags, version: string): Promise<void> {
  const { node, store, nodeKey, staleAfter, expireAfter, api, apiInsecure, logLevel } = flags
  const settings = shell.config({
    ...(api === undefined ? {} : { api }),
    ...(apiInsecure === undefined ? {} : { apiInsecure }),
    ...(logLevel === undefined ? {} : { logLevel }),
  })
  const token = tokenOf(shell, flags)
  const asked = stopSignal()
  const { startEdge } = await import('../edge.js')
  const parts = { node, token, nodeKey, store, staleAfter, expireAfter }
  const running = await startEdge(
    { ...parts, api: settings.api, logLevel: settings.logLevel },
    { version },
  )
  shell.print(`edge of     ${node}`)
  shell.print(`API         ${running.apiAddress}`)
  await asked
  await running.stop()
}

/** From a file or the environment: what stands in an argument is in every list of processes. */
function tokenOf(shell: Shell, { tokenFile }: EdgeFlags): string {
  const held = shell.streams.env['TOCSIN_TOKEN']
  if (tokenFile === undefined && held !== undefined && held !== '') return held
  if (tokenFile === undefined)
    throw new Failure('token-missing', 'give --token-file or TOCSIN_TOKEN')
  try {
    return readFileSync(tokenFile, 'utf8').trim()
  } catch {
    throw new Failure('token-missing', `cannot read ${tokenFile}`)
  }
}
