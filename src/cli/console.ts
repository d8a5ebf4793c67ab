/** `console`: a link that lets a browser into the node's console, once. */
import type { Command } from 'commander'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

export function consoleCommand(program: Command, shell: Shell): void {
  program
    .command('console')
    .description('print a link to the console: opens it in one browser, within 15 minutes')
    .action(async () => {
      const { body } = await shell.ask({ method: 'POST', path: '/v1/console/links' })
      const { address } = shell.client
      if (address === undefined) throw new Failure('no-address', 'the node left no address')
      if (!shell.json) shell.print(new URL(String(body['path']), address).href)
    })
}
