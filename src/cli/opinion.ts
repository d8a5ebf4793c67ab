/** `sighting` and `dispute`: what this lab says of others' reports. */
import type { Command } from 'commander'
import { usage } from './failure.js'
import { resultOf } from './said.js'
import type { Shell } from './shell.js'

interface DisputeOptions {
  readonly member?: string
  readonly reason?: string
  readonly withdraw?: boolean
}

export function opinionCommands(program: Command, shell: Shell): void {
  program
    .command('sighting')
    .argument('<type>', 'full or short name of the type, or ip')
    .argument('<value>', 'the value, or - to read it from stdin')
    .option('--count <bucket>', '1-4 (default), 5-19, 20-99, 100-999 or 1000+')
    .description('tell that this lab has met what others report; confirms it here')
    .action((type: string, value: string, { count }: { count?: string }) =>
      sight(shell, type, value, count),
    )
  program
    .command('dispute')
    .argument('<type>', 'full or short name of the type, or ip')
    .argument('<value>', 'the value, or - to read it from stdin')
    .option('--member <member>', 'whose report is meant, by name or PeerId (default: everybody’s)')
    .option('--reason <reason>', 'own-customer, shared-infrastructure, wrong-value or stale')
    .option('--withdraw', 'take an earlier dispute back')
    .description('contradict what others report; it stops acting here at once')
    .action((type: string, value: string, options: DisputeOptions) =>
      dispute(shell, type, value, options),
    )
}

async function sight(shell: Shell, type: string, given: string, count?: string): Promise<void> {
  const body = {
    type,
    value: await shell.valueOf(type, given),
    ...(count === undefined ? {} : { count }),
  }
  const answer = await shell.ask({ method: 'POST', path: '/v1/sightings', body })
  if (shell.json) return
  shell.print(resultOf(answer, { accepted: 'seen', duplicate: 'seen: said already' }))
}

async function dispute(
  shell: Shell,
  type: string,
  given: string,
  { member, reason, withdraw }: DisputeOptions,
): Promise<void> {
  if ((reason === undefined) === (withdraw !== true)) throw usage('give --reason or --withdraw')
  const body = {
    type,
    value: await shell.valueOf(type, given),
    reason: reason ?? 'withdrawn',
    ...(member === undefined ? {} : { member }),
  }
  const answer = await shell.ask({ method: 'POST', path: '/v1/disputes', body })
  if (shell.json) return
  const words =
    withdraw === true
      ? { accepted: 'withdrawn', duplicate: 'already withdrawn' }
      : { accepted: 'disputed', duplicate: 'already disputed' }
  shell.print(resultOf(answer, words))
}
