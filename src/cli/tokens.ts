/** `token`: who may ask the API. A token is shown once, when it is made. */
import { Option, type Command } from 'commander'
import { columns, type Shell } from './shell.js'

interface TokenBody {
  readonly name: string
  readonly role: string
  readonly createdAt: string
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
    .action(async (options: { role: string; name: string }) => {
      const { role, name } = options
      const ask = { method: 'POST', path: '/v1/tokens', body: { role, name } } as const
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
      shell.print(columns(rows.map(({ name, role, createdAt }) => [name, role, createdAt])))
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
