/** `backup` while a node runs, `restore` into a new folder, and proofs that anybody can check. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openFork } from '../core/fork.js'
import { peerNameOf } from '../core/identity.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

export function backupCommands(program: Command, shell: Shell): void {
  program
    .command('backup <folder>')
    .description('copy a running node’s folder as of this moment into an empty one')
    .option('--with-key', 'copy the node’s key too: keep such a copy as you keep the key')
    .action(async (folder: string, { withKey = false }: { withKey?: boolean }) => {
      const body = { folder: resolve(shell.streams.cwd, folder), withKey }
      const ask = { method: 'POST', path: '/v1/admin/backup', body, patient: true } as const
      const { rows } = (await shell.ask(ask)).body as { rows: number }
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

/** A proof of equivocation in base64, hex, or as `/v1/forks` has it. */
export function checkProof(shell: Shell, path: string): void {
  const text = readFileSync(resolve(shell.streams.cwd, path), 'utf8').trim()
  const proof = openFork(bytesOf(text))
  if (proof === undefined) {
    throw new Failure('fork-unproven', 'this does not prove that a key signed two histories')
  }
  const { networkId, author, seq } = proof
  if (shell.json) shell.print(JSON.stringify({ networkId, peerId: peerNameOf(author), seq }))
  else shell.print(`${peerNameOf(author)} signed two envelopes with number ${seq}`)
}

function bytesOf(text: string): Uint8Array {
  if (text.startsWith('{')) return bytesOf((JSON.parse(text) as { proof: string }).proof)
  const bytes = Buffer.from(text, /^(?:[0-9a-f]{2})+$/i.test(text) ? 'hex' : 'base64')
  // A view of its own: small buffers share one pool.
  return new Uint8Array(bytes)
}
