/** `log`: what was said, in the order in which this node took it in; `--follow`: as it comes. */
import type { Command } from 'commander'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'
import { shownValue } from './shown.js'
import { stopSignal } from './stop-signal.js'

interface Entry {
  readonly number: number
  readonly member: string | null
  readonly peerId: string
  readonly isOwn: boolean
  readonly saidAt: string
  readonly envelope: string
  readonly void?: string
  readonly says?: Readonly<Record<string, unknown>>
}

interface Page {
  readonly entries: readonly Entry[]
  readonly cursor: string
  readonly more: boolean
}

const TAIL = '20'

export function logCommand(program: Command, shell: Shell): void {
  program
    .command('log')
    .option('--follow', 'go on as more comes, until Ctrl-C')
    .option('--tail <n>', 'begin with the newest commits, so many', TAIL)
    .description('what was said, in the order in which this node took it in')
    .action(async ({ follow = false, tail }: { follow?: boolean; tail: string }) => {
      if (!/^\d{1,4}$/.test(tail)) throw new Failure('usage', '--tail is a number up to 9999', 2)
      await run(shell, follow, `tail=${tail}`)
    })
}

async function run(shell: Shell, follow: boolean, first: string): Promise<void> {
  const stopped = stopSignal().then(() => undefined)
  for (let query = first; ;) {
    const asked = shell.client.ask({ method: 'GET', path: `/v1/log?${query}` })
    const answer = await (follow ? Promise.race([asked, stopped]) : asked)
    if (answer === undefined) return
    if (answer.status !== 200) throw new Failure(String(answer.body['code']), answer.text)
    const { entries, cursor, more } = answer.body as unknown as Page
    if (shell.json) for (const entry of entries) shell.print(JSON.stringify(entry))
    else if (entries.length > 0) shell.print(columns(entries.map(rowOf)))
    if (!follow && !more) return
    query = `cursor=${cursor}${follow ? '&wait=25s' : ''}`
  }
}

function rowOf({ member, peerId, isOwn, saidAt, says, ...entry }: Entry): string[] {
  const who = isOwn ? 'we' : (member ?? peerId)
  if (says === undefined) return [saidAt, who, `void: ${entry.void ?? ''}`]
  const type = String(says['type'])
  return [
    saidAt,
    who,
    String(says['kind']),
    type,
    shownValue({ type, value: String(says['value']) }),
    ...detailOf(says),
  ]
}

function detailOf(says: NonNullable<Entry['says']>): string[] {
  if (says['kind'] !== 'report') return [String(says['reason'] ?? says['count'] ?? '')]
  const hand = says['firstHand'] === true ? 'first-hand' : 'second-hand'
  return [String(says['action']), `${String(says['confidence'])} %`, hand]
}
