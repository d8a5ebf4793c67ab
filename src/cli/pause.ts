/** `pause` and `resume`: all verdicts at most observe, or nothing new is published. */
import { Argument, type Command } from 'commander'
import type { Shell } from './shell.js'
import { columns } from './table.js'

/** As `status` has them, by what is paused. */
export type PausesBody = Readonly<
  Record<
    string,
    {
      readonly since: string
      readonly until?: string
      readonly reason: string
      readonly by: string
    }
  >
> | null

const WHATS = ['enforce', 'publish'] as const
const EFFECTS: Readonly<Record<string, string>> = {
  enforce: 'no verdict is more than observe',
  publish: 'nothing new is published; reports are refused',
}

export function pauseCommands(program: Command, shell: Shell): void {
  program
    .command('pause')
    .addArgument(new Argument('<what>', 'enforce or publish').choices(WHATS))
    .option('--for <duration>', 'ends by itself, like 1h (default: until resume)')
    .requiredOption('--reason <text>', 'why; everybody who looks is shown it')
    .description('enforce: no verdict is more than observe. publish: nothing new leaves. At once')
    .action(async (what: string, options: { for?: string; reason: string }) => {
      const body = { what, ...options }
      tell(shell, await shell.ask({ method: 'POST', path: '/v1/admin/pause', body }))
    })
  program
    .command('resume')
    .addArgument(new Argument('[what]', 'this alone (default: everything paused)').choices(WHATS))
    .description('end a pause, at once')
    .action(async (what: string | undefined) => {
      const body = what === undefined ? {} : { what }
      const answer = await shell.ask({ method: 'POST', path: '/v1/admin/resume', body })
      if (shell.json) return
      const resumed = answer.body['resumed'] as readonly string[]
      shell.print(resumed.length === 0 ? 'nothing was paused' : `resumed ${resumed.join(', ')}`)
      if (answer.body['paused'] !== null) tell(shell, answer)
    })
}

function tell(shell: Shell, { body }: { readonly body: Readonly<Record<string, unknown>> }): void {
  if (!shell.json) shell.print(columns(pauseRows(body['paused'] as PausesBody)))
}

/** A row for everything that is paused. */
export function pauseRows(paused: PausesBody): string[][] {
  return Object.entries(paused ?? {}).map(([what, { since, until = 'resumed', reason, by }]) => {
    const span = `since ${since}, until ${until}`
    return ['PAUSED', `${what}: ${EFFECTS[what] ?? ''}; ${span}, by ${by}: ${reason}`]
  })
}
