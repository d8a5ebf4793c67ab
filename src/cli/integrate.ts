/** `integrate`: what to paste into a gateway, with the node’s address and a token of its own. */
import { Argument, type Command } from 'commander'
import { Failure } from './failure.js'
import * as blocks from './gateway-blocks.js'
import type { BlockOptions } from './gateway-blocks.js'
import type { Shell } from './shell.js'

interface Integration {
  readonly block: (options: BlockOptions) => string
  /** What it does when the node fails, without and with `--fail-open`. */
  readonly closed: string
  readonly open: string
  /** It does not ask the node. */
  readonly isWithoutToken?: true
}

const DECLINES = 'while the node cannot be asked, requests are declined'
const PASSES = 'while the node cannot be asked, requests pass unchecked'
const KEEPS = 'it keeps the list it has; each entry still ends on time'
const REPLICA = 'it answers from its own copy, and says how old that is; onDegraded is what it does'

const INTEGRATIONS: Readonly<Record<string, Integration>> = {
  nginx: { block: blocks.nginxBlock, closed: `${DECLINES} (500)`, open: PASSES },
  haproxy: { block: blocks.haproxyBlock, closed: `${DECLINES} (503)`, open: PASSES },
  caddy: { block: blocks.caddyBlock, closed: `${DECLINES} (502 to 504)`, open: PASSES },
  envoy: { block: blocks.envoyBlock, closed: `${DECLINES} (403)`, open: PASSES },
  crowdsec: { block: blocks.crowdsecBlock, closed: KEEPS, open: KEEPS },
  litellm: { block: blocks.litellmBlock, closed: DECLINES, open: PASSES },
  portkey: { block: blocks.portkeyBlock, closed: `${DECLINES} (446)`, open: PASSES },
  express: { block: blocks.expressBlock, closed: REPLICA, open: REPLICA },
  fastify: { block: blocks.fastifyBlock, closed: REPLICA, open: REPLICA },
  redis: { block: blocks.redisBlock, closed: KEEPS, open: KEEPS, isWithoutToken: true },
}

interface Flags {
  readonly name?: string
  readonly upstream: string
  readonly failOpen?: true
  readonly node?: string
}

export function integrateCommand(program: Command, shell: Shell): void {
  const names = Object.keys(INTEGRATIONS)
  program
    .command('integrate')
    .description('print what to paste into a gateway, with a fresh gateway token')
    .addArgument(new Argument('<gateway>').choices(names))
    .option('--name <name>', 'name of the token (default: the gateway’s)')
    .option('--node <url>', 'what the gateway calls the node (default: the address of its API)')
    .option('--upstream <host:port>', 'where requests go that pass', '127.0.0.1:8080')
    .option('--fail-open', 'let requests pass while the node cannot be asked')
    .action((gateway: string, flags: Flags) => integrate(shell, gateway, flags))
}

async function integrate(shell: Shell, gateway: string, flags: Flags): Promise<void> {
  const { block, closed, open, isWithoutToken } = INTEGRATIONS[gateway]!
  const { name = gateway, upstream, failOpen = false } = flags
  if (isWithoutToken === true) {
    if (!shell.json) shell.printFile(block({ node: '', token: '', failOpen, upstream }))
    return shell.note(`${gateway}: ${closed} (config/gateways.md).`)
  }
  const node = flags.node ?? shell.client.address
  if (node === undefined) throw new Failure('no-address', 'give --node: how the gateway reaches it')
  const ask = { method: 'POST', path: '/v1/tokens', body: { role: 'gateway', name } } as const
  const { body } = await shell.ask(ask)
  if (shell.json) return
  shell.printFile(block({ node, token: body['token'] as string, failOpen, upstream }))
  if (gateway === 'haproxy') shell.printFile(`# tocsin.lua\n${blocks.haproxyLua()}`)
  shell.note(`${gateway}: ${failOpen ? open : closed} (config/gateways.md).`)
  shell.note(`The token is shown this once; tocsin token revoke ${name} ends it.`)
}
