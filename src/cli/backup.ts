/** `backup` while a node runs, and `restore` into a new folder. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { askWork } from './maintenance.js'
import type { Shell } from './shell.js'

export function backupCommands(program: Command, shell: Shell): void {
  program
    .command('backup <folder>')
    .description('copy a running node’s folder as of this moment into an empty one')
    .option('--with-key', 'copy the node’s key too: keep such a copy as you keep the key')
    .action(async (folder: string, { withKey = false }: { withKey?: boolean }) => {
      const body = { folder: resolve(shell.streams.cwd, folder), withKey }
      const answer = await askWork(shell, 'backup', body)
      const { rows } = answer.body as { rows: number }
      if (!shell.json) shell.print(`${rows} rows copied${withKey ? ', with the key' : ''}`)
    })
  program
    .command('restore <folder>')
    .description('make a node’s folder from a backup; it asks its peers before its first word')
    .action(async (folder: string) => {
      const { restoreBackup } = await import('../offline.js')
      await restoreBackup(resolve(shell.streams.cwd, folder), shell.config())
      shell.print('restored; start the node: it stays silent until a member was reached')
    })
}
