/**
 * `completion`: a script for the shell, made from the commands there are. The names of members it
 * asks of the running node at each Tab, and for no longer than a person waits.
 */
import { Argument, Option, type Command } from 'commander'
import { completionScript, SHELLS, type ShellName } from './completion-scripts.js'
import { completionNodes } from './completion-tree.js'
import { usage } from './failure.js'
import type { Shell } from './shell.js'

const WORDS_MS_MAX = 500

export function completionCommand(program: Command, shell: Shell): void {
  program
    .command('completion')
    .addArgument(new Argument('[shell]', 'whose script').choices(SHELLS))
    .addOption(new Option('--words <what>').choices(['members']).hideHelp())
    .description('print a completion script: source <(tocsin completion bash)')
    .action(async (of: ShellName | undefined, { words }: { words?: string }) => {
      if (words !== undefined) return memberNames(shell)
      if (of === undefined) throw usage(`name the shell: ${SHELLS.join(', ')}`)
      shell.printFile(completionScript(of, completionNodes(program)))
    })
}

/** Nothing where no node answers in time: a Tab must not fail, nor hang. */
async function memberNames(shell: Shell): Promise<void> {
  const late = setTimeout(() => shell.close(), WORDS_MS_MAX)
  try {
    const { body } = await shell.client.ask({ method: 'GET', path: '/v1/members' })
    const members = (body['members'] ?? []) as readonly { readonly name: string }[]
    if (members.length > 0) shell.print(members.map(({ name }) => name).join('\n'))
  } catch {
    return
  } finally {
    clearTimeout(late)
  }
}
