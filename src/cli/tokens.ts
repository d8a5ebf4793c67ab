/** `token`: who may ask the API. A token is shown once, when it is made. */
import { Option, type Command } from 'commander'
import { TOKEN_TLPS } from '../core/own-rows.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

interface TokenBody {
  readonly name: string
  readonly role: string
  readonly keyed: boolean
  readonly tlp: string
  readonly createdAt: string
}

function tokenRow({ name, role, keyed, tlp, createdAt }: TokenBody): string[] {
  return [name, role, createdAt, `tlp:${tlp}`, keyed ? 'keyed' : '']
}

export function tokenCommands(program: Command, shell: Shell): void {
  const token = program.command('token').description('tokens of the API')
  token
    .command('create')
    .description('make a token and show it, this once')
    .addOption(
      new Option('--role <role>', 'what it may do')
        .choices(['gateway', 'detector', 'operator'])
        .makeOptionMandatory(),
    )
    .requiredOption('--name <name>', 'whose it is')
    .addOption(
      new Option('--tlp <level>', 'what it may see in TAXII, MISP and exports at most')
        .choices(TOKEN_TLPS)
        .default('amber'),
    )
    .option('--keyed', 'its replica is given the epoch keys, to look up keyed types by itself')
    .action(async (options: { role: string; name: string; tlp: string; keyed?: boolean }) => {
      const ask = { method: 'POST', path: '/v1/tokens', body: options } as const
      const { body } = await shell.ask(ask)
      if (!shell.json) shell.print(body['token'] as string)
    })
  token
    .command('list')
    .description('names and roles; the tokens themselves are kept nowhere')
    .action(async () => {
      const { body } = await shell.ask({ method: 'GET', path: '/v1/tokens' })
      const rows = body['tokens'] as readonly TokenBody[]
      if (shell.json) return
      shell.print(columns(rows.map(tokenRow)))
    })
  token
    .command('revoke')
    .argument('<name>')
    .description('end a token, at once')
    .action(async (name: string) => {
      const path = `/v1/tokens/${encodeURIComponent(name)}`
      await shell.ask({ method: 'DELETE', path })
      if (!shell.json) shell.print(`revoked ${name}`)
    })
}
