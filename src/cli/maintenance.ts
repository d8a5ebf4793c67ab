/** `verify` and `rebuild`: on a running node through its API, else on its folder. */
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { Maintenance, VerifyReport } from '../core/ports.js'
import { Failure } from './failure.js'
import { checkProof } from './proof.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

export function maintenanceCommands(program: Command, shell: Shell): void {
  program
    .command('verify')
    .description('check every signature, chain and checksum, and the claims against the logs')
    .option('--proof <file>', 'check a fork proof or an evidence file instead; needs no node')
    .action(async ({ proof }: { proof?: string }) => {
      if (proof !== undefined) return checkProof(shell, proof)
      const report = await runningOr<VerifyReport>(shell, '/v1/admin/verify', (folder) =>
        folder.verify(),
      )
      if (!shell.json) shell.print(verifyText(report))
      if (!report.ok) throw new Failure('not-sound', 'something is wrong with this folder')
    })
  program
    .command('rebuild')
    .description('make the blocklist anew from the logs')
    .action(async () => {
      const { claims } = await runningOr(shell, '/v1/admin/rebuild', async (folder) => ({
        claims: await folder.rebuild(),
      }))
      if (!shell.json) shell.print(`${claims} keys rebuilt from the logs`)
    })
}

async function runningOr<Body>(
  shell: Shell,
  path: string,
  offline: (folder: Maintenance) => Promise<Body>,
): Promise<Body> {
  const name = basename(path)
  try {
    const work = shell.ask({ method: 'POST', path, patient: true })
    const { body } = await shell.progress({ of: name }).during(work)
    return body as Body
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'no-node' || shell.isRemote) throw error
  }
  const { openOffline } = await import('../offline.js')
  const folder = await openOffline(shell.config())
  try {
    const body = await shell.progress({ of: name }).during(offline(folder))
    if (shell.json) shell.print(JSON.stringify(body))
    return body
  } finally {
    await folder.close()
  }
}

function verifyText({ logs, claims }: VerifyReport): string {
  return columns([
    ...logs.map(({ peerId, envelopes, seq, ok, problem }) => [
      ok ? 'ok' : 'BROKEN',
      peerId,
      `${envelopes} envelopes to ${seq}`,
      problem ?? '',
    ]),
    [claims.ok ? 'ok' : 'WRONG', 'claims', `${claims.rows} keys`, claims.problem ?? ''],
  ])
}
