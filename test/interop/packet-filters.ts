/**
 * Runs inside a network namespace of its own (`unshare -Urn`): a real node, the firewall bouncer,
 * nftables and ipset with lists of ours, and real packets. Prints what got through as JSON.
 */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crowdsecBlock } from '../../src/cli/gateway-blocks.js'
import { Fleet } from '../support/fleet.js'
import { runForeign } from '../support/foreign.js'
import { until } from '../support/until.js'
import { endOf, Programs } from '../support/programs.js'

const BAD = '45.77.10.1'
const IN_RANGE = '45.78.0.77'
const CLEAN = '45.77.10.2'
const SOURCES = [BAD, IN_RANGE, CLEAN]
/** On loopback what is not dropped arrives at once. */
const CONNECT_MS = 400

async function main(): Promise<void> {
  // A machine that is in use has addresses already.
  const links = await runForeign('ip', ['-o', 'address'])
  if (process.env['TOCSIN_NAMESPACE'] !== '1' || links.trim() !== '') {
    throw new Error('runs in a fresh network namespace: see packet-filters.spec.ts')
  }

  // Not `end`: it waits for an answer that may be dropped, and the server with it for ever.
  const server = createServer((socket) => void socket.destroy())
  server.listen(9_999, '127.0.0.1')
  await runForeign('ip', ['link', 'set', 'lo', 'up'])
  for (const source of SOURCES)
    await runForeign('ip', ['address', 'add', `${source}/32`, 'dev', 'lo'])

  const arrives = (localAddress: string) =>
    new Promise<boolean>((resolve) => {
      const socket = createConnection({ port: 9_999, host: '127.0.0.1', localAddress })
      const end = (made: boolean) => {
        socket.destroy()
        resolve(made)
      }
      socket.once('connect', () => end(true)).once('error', () => end(false))
      setTimeout(() => end(false), CONNECT_MS)
    })
  const who = async () => {
    const made: string[] = []
    for (const source of SOURCES) if (await arrives(source)) made.push(source)
    return made.join(' ')
  }

  const programs = new Programs()
  const fleet = await Fleet.open()
  const told: Record<string, string> = {}
  try {
    const flags = ['--log-level', 'warn', '--api', '127.0.0.1:4718']
    const lab = await fleet.lab('Lab A', { flags })
    const made = await lab.request('POST', '/v1/tokens', { name: 'fw', role: 'gateway' })
    const token = made.body['token'] as string
    const api = 'http://127.0.0.1:4718'
    told['before'] = await who()
    for (const value of [BAD, '45.78.0.0/24'])
      await lab.request('POST', '/v1/reports', { type: 'ip', value })

    const cwd = fleet.folder
    const get = async (name: string) =>
      (await fetch(`${api}/export/${name}`, { headers: { 'x-api-key': token } })).text()
    await writeFile(join(cwd, 'list.nft'), await get('nftables.nft'))
    for (let i = 0; i < 2; i++) await runForeign('nft', ['-f', join(cwd, 'list.nft')])
    told['nftables'] = await who()
    await runForeign('nft', ['delete', 'table', 'inet', 'tocsin'])

    await writeFile(
      join(cwd, 'bouncer.yaml'),
      `mode: nftables
pid_dir: ${cwd}
daemonize: false
log_mode: stdout
log_dir: ${cwd}
log_level: info
deny_action: DROP
supported_decisions_types: [ban]
disable_ipv6: true
blacklists_ipv4: crowdsec-blacklists
nftables:
  ipv4: { enabled: true, set-only: false, table: crowdsec, chain: crowdsec-chain }
  ipv6: { enabled: false }
prometheus: { enabled: false }
${crowdsecBlock({ node: api, token }).replace('10s', '1s')}`,
    )
    const command = ['crowdsec-firewall-bouncer', '-c', join(cwd, 'bouncer.yaml')]
    const bouncer = await programs.start(command, { cwd })
    const wait = {
      timeoutMs: 20_000,
      get what() {
        return bouncer.said()
      },
    }
    await until(async () => !(await arrives(BAD)), wait)
    told['bouncer'] = await who()
    await lab.request('POST', '/v1/revocations', {
      type: 'ip',
      value: BAD,
      reason: 'false-positive',
    })
    await until(() => arrives(BAD), wait)
    told['bouncer after a revocation'] = await who()
    await lab.request('POST', '/v1/reports', { type: 'ip', value: BAD })
    await until(async () => !(await arrives(BAD)), wait)
    await lab.end('SIGKILL')
    told['bouncer without the node'] = await who()
    await endOf(bouncer)
    process.stdout.write(JSON.stringify(told))
  } finally {
    await programs.stop()
    await fleet.close()
    server.close()
    await once(server, 'close')
  }
}

// Loaded with its folder it must do nothing to the machine's own network.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
