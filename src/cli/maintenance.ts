/** `verify` and `rebuild`: on a running node through its API, else on its folder. */
import type { Command } from 'commander'
import type { Maintenance, VerifyReport } from '../core/ports.js'
import type { Far, Tell, Work } from '../core/work.js'
import type { Answer } from './client.js'
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
      const report = await runningOr<VerifyReport>(shell, 'verify', (folder, tell) =>
        folder.verify(tell),
      )
      if (!shell.json) shell.print(verifyText(report))
      if (!report.ok) throw new Failure('not-sound', 'something is wrong with this folder')
    })
  program
    .command('rebuild')
    .description('make the blocklist anew from the logs')
    .action(async () => {
      const { claims } = await runningOr(shell, 'rebuild', async (folder, tell) => ({
        claims: await folder.rebuild(tell),
      }))
      if (!shell.json) shell.print(`${claims} keys rebuilt from the logs`)
    })
}

async function runningOr<Body>(
  shell: Shell,
  what: Work['what'],
  offline: (folder: Maintenance, tell: Tell) => Promise<Body>,
): Promise<Body> {
  try {
    return (await askWork(shell, what)).body as Body
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'no-node' || shell.isRemote) throw error
  }
  const { openOffline } = await import('../offline.js')
  const folder = await openOffline(shell.config())
  try {
    let at: Far | undefined
    const work = offline(folder, (far) => (at = far))
    const body = await shell.progress({ of: what }).during(work, () => Promise.resolve(at))
    if (shell.json) shell.print(JSON.stringify(body))
    return body
  } finally {
    await folder.close()
  }
}

/** Has a running node do it, and shows how far it is. */
export function askWork(shell: Shell, what: Work['what'], body?: object): Promise<Answer> {
  const path = `/v1/admin/${what}`
  const asked = shell.ask({ method: 'POST', path, patient: true, ...(body && { body }) })
  return shell.progress({ of: what }).during(asked, async () => {
    const answer = await shell.client.ask({ method: 'GET', path: '/v1/admin/work' })
    return (answer.body['work'] as readonly Work[] | undefined)?.find((one) => one.what === what)
  })
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
