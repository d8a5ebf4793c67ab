/**
 * `doctor`: what could be wrong, worst first, and what mends it. Of a node that does not run it
 * says what can be seen of its folder, and ends with 3 as every command that needs a node does.
 */
import type { Command } from 'commander'
import { worstFirst, type Check } from '../core/check-up.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

export function doctorCommand(program: Command, shell: Shell): void {
  program
    .command('doctor')
    .description('what could be wrong with this node, worst first, and what mends it')
    .action(async () => {
      const checks = (await ofRunning(shell)) ?? (await ofStopped(shell))
      if (!shell.json) shell.print(checksText(checks))
      const failed = checks.filter(({ state }) => state === 'fail').length
      if (checks.some(({ name }) => name === 'node')) {
        throw new Failure('no-node', `no node is running on ${shell.data}`, 3)
      }
      if (failed > 0) throw new Failure('doctor-found', `${failed} of ${checks.length} checks fail`)
    })
}

/** Undefined where no node runs on a folder of ours. */
async function ofRunning(shell: Shell): Promise<readonly Check[] | undefined> {
  try {
    const { body } = await shell.ask({ method: 'GET', path: '/v1/doctor' })
    return body['checks'] as readonly Check[]
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'no-node' || shell.isRemote) throw error
    return undefined
  }
}

async function ofStopped(shell: Shell): Promise<readonly Check[]> {
  const asOf = new Date().toISOString()
  const { config, checks: settings } = shell.settings()
  const { checkStopped } = await import('../stopped-folder.js')
  const says = 'no node runs here'
  const start = `tocsin start --data '${config?.data ?? 'DIR'}'`
  const node: Check = { name: 'node', state: 'warn', says, mend: start }
  const seen = config === undefined ? [] : await checkStopped(config)
  const checks = worstFirst([node, ...settings, ...seen])
  if (shell.json) shell.print(JSON.stringify({ asOf, checks }))
  return checks
}

function checksText(checks: readonly Check[]): string {
  return columns(
    checks.flatMap(({ name, state, says, mend }) => [
      [state, name, says],
      ...(mend === undefined ? [] : [['', '', `→ ${mend}`]]),
    ]),
    { isWhole: true },
  )
}
