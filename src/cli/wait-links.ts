/** `peers --wait`: until the node runs, and every key it admits has a link that is up. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE_MS } from '../core/limits.js'
import { expectFine } from './client.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

const EVERY_MS = 150
const WAIT_MS_MAX = 1 * MINUTE_MS

interface Linked {
  readonly member: string | null
  readonly peerId: string
  readonly link: string
}

/** Throws `no-node` where none came, and `links-missing` with who is not linked. */
export async function waitForLinks(shell: Shell, waitMsMax = WAIT_MS_MAX): Promise<void> {
  const until = performance.now() + waitMsMax
  for (;;) {
    const missing = await missingLinks(shell)
    if (missing === undefined) return
    if (performance.now() > until) throw missing
    await sleep(EVERY_MS)
  }
}

/** A node that is not there is one that may still be starting. */
async function missingLinks(shell: Shell): Promise<Failure | undefined> {
  try {
    const answer = expectFine(await shell.client.ask({ method: 'GET', path: '/v1/peers' }))
    const peers = answer.body['peers'] as readonly Linked[]
    const missing = peers.filter(({ link }) => link !== 'up')
    if (missing.length === 0) return undefined
    const names = missing.map(({ member, peerId, link }) => `${member ?? peerId} (link ${link})`)
    return new Failure('links-missing', `not linked in time: ${names.join(', ')}`)
  } catch (error) {
    if (error instanceof Failure && error.code === 'no-node') return error
    throw error
  }
}
