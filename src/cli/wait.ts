/** `--wait`: until every member that can be reached has said, signed, that it applied our word. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE_MS } from '../core/limits.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

const EVERY_MS = 150
const WAIT_MS_MAX = 1 * MINUTE_MS

interface Standing {
  readonly name: string
  readonly peerId: string
  readonly state: 'applied' | 'waiting' | 'unreachable'
  readonly link: string
  readonly lagMs: number | null
}

interface Standings {
  readonly waiting: number
  readonly members: readonly Standing[]
}

/** Of an envelope of ours; without one, of all we have said. Throws `receipts-missing`. */
export async function waitForReceipts(shell: Shell, envelope?: string): Promise<void> {
  const path = `/v1/receipts${envelope === undefined ? '' : `?envelope=${envelope}`}`
  const told = new Set<string>()
  const until = performance.now() + WAIT_MS_MAX
  for (;;) {
    const answer = await shell.client.ask({ method: 'GET', path })
    if (answer.status !== 200) throw new Failure(String(answer.body['code']), answer.text)
    const { waiting, members } = answer.body as unknown as Standings
    if (!shell.json) tell(shell, members, told)
    if (waiting > 0 && performance.now() < until) {
      await sleep(EVERY_MS)
      continue
    }
    if (shell.json) shell.print(answer.text)
    return conclude(shell, members)
  }
}

/** Each as its word comes. */
function tell(shell: Shell, members: readonly Standing[], told: Set<string>): void {
  for (const { state, name, peerId, lagMs } of members) {
    if (state !== 'applied' || told.has(peerId)) continue
    told.add(peerId)
    const after = lagMs === null ? '' : `  within ${(lagMs / 1000).toFixed(1)} s`
    shell.print(`applied  ${name}${after}`)
  }
}

function conclude(shell: Shell, members: readonly Standing[]): void {
  const names = (state: Standing['state']) =>
    members.filter((one) => one.state === state).map(({ name, link }) => `${name} (link ${link})`)
  const away = names('unreachable')
  if (away.length > 0) shell.note(`not reachable now, told when back: ${away.join(', ')}`)
  const silent = names('waiting')
  if (silent.length === 0) return
  throw new Failure('receipts-missing', `reachable, and not applied in time: ${silent.join(', ')}`)
}
