/** A real node that bans addresses, and edges of it: what gateways on one host ask. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fleet } from '../support/fleet.js'
import { PROGRAM } from '../support/fleet.js'
import { freePort, type Programs } from '../support/programs.js'
import { until } from '../support/until.js'

/** Where a gateway asks, and with what token. */
export interface Answering {
  readonly address: string
  readonly key: string
}

export async function startNode(fleet: Fleet, banned: readonly string[]): Promise<Answering> {
  const lab = await fleet.lab('Lab A')
  const list = join(fleet.folder, 'banned.txt')
  await writeFile(list, [...banned, ''].join('\n'))
  const flags = ['--file', list, '--format', 'text', '--type', 'ip', '--ttl', '7d', '--first-hand']
  const told = await fleet.cli(lab, 'report', ...flags)
  if (told.code !== 0) throw new Error(told.stdout + told.stderr)
  const made = await lab.request('POST', '/v1/tokens', { name: 'bench', role: 'gateway' })
  return { address: lab.api, key: made.body['token'] as string }
}

/** Resolves once it has a copy of the node. */
export async function startEdge(programs: Programs, cwd: string, node: Answering) {
  const port = await freePort()
  const flags = ['--node', node.address, '--api', `127.0.0.1:${port}`]
  const env = { TOCSIN_TOKEN: node.key }
  const command = [process.execPath, PROGRAM, 'edge', ...flags]
  const child = await programs.start(command, { cwd, port, env })
  const address = `http://127.0.0.1:${port}`
  const headers = { 'x-api-key': node.key }
  const isReady = async () => (await fetch(`${address}/readyz`, { headers })).ok
  await until(isReady, { timeoutMs: 120_000, what: 'the edge has a copy' })
  return { address, key: node.key, pid: child.pid! }
}
