/** `start`: a node in the foreground, until a signal. */
import type { Command } from 'commander'
import type { Config, ConfigFlags } from '../config.js'
import { OPEN_FEDERATION } from '../core/identity.js'
import { KEYED_FORMS } from '../core/keyed-form.js'
import type { Shell } from './shell.js'
import { stopSignal } from './stop-signal.js'

interface StartOptions {
  readonly name?: string
  readonly listen?: readonly string[]
  readonly announce?: readonly string[]
  readonly api?: string
  readonly apiInsecure?: boolean
  readonly abandonTail?: boolean
  readonly federation?: string
  readonly policy?: string
  readonly logLevel?: string
}

const gather = (value: string, others: readonly string[] = []) => [...others, value]
const OPEN_NOTE = 'its id and key are public: good for trying things out, it hides nothing'

export function startCommand(program: Command, shell: Shell, version: string): void {
  program
    .command('start')
    .description('run a node in the foreground; SIGTERM stops it cleanly')
    .option('--name <name>', 'what other members’ operators see')
    .option('--listen <multiaddr>', 'where the mesh listens (repeatable)', gather)
    .option('--announce <multiaddr>', 'address on the member card (repeatable)', gather)
    .option('--api <host:port>', 'where the API listens')
    .option('--api-insecure', 'allow the API beyond loopback without TLS')
    .option('--federation <file>', 'federation this node belongs to (default: the open one)')
    .option('--policy <file>', 'policy file (default: policy.yaml in the data folder, or packaged)')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .option('--abandon-tail', 'speak although this folder lacks envelopes that were published')
    .action((options: StartOptions) => start(shell, options, version))
}

async function start(shell: Shell, options: StartOptions, version: string): Promise<void> {
  const { abandonTail = false, ...flags } = options
  const config = shell.config(flags satisfies ConfigFlags)
  // Before anything starts: a signal in the middle of it is not lost.
  const asked = stopSignal()
  const { startNode } = await import('../node.js')
  const node = await startNode(config, { abandonTail, version })
  const isOpen = node.federation === OPEN_FEDERATION.name && config.federation === undefined
  shell.print(`tocsin ${version}  ${config.name}`)
  shell.print(`card        ${node.card}`)
  shell.print(`API         ${node.apiAddress}`)
  shell.print(`console     ${node.consoleLink()} (once, within 15 minutes; then: tocsin console)`)
  shell.print(`data        ${config.data}`)
  shell.print(`federation  ${node.federation}${isOpen ? ` (${OPEN_NOTE})` : ''}`)
  for (const type of config.keyed.types) {
    shell.print(`keyed       ${type}: ${KEYED_FORMS[type]!.limit}`)
  }
  warnOfExposure(shell, config)
  const reload = () => void node.reload()
  if (!isAtTerminal(shell)) process.on('SIGHUP', reload)
  await asked
  process.off('SIGHUP', reload)
  await node.stop()
}

/** A terminal that is closed says SIGHUP, too; then a node in its foreground must end. */
function isAtTerminal({ streams }: Shell): boolean {
  return streams.stdin.isTTY === true
}

function warnOfExposure(shell: Shell, { api }: Config): void {
  if (!api.insecure || api.tls !== undefined) return
  shell.note('tocsin: api-insecure: tokens and verdicts cross the network in the clear')
}
