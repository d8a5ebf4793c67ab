/** `ledger`: what left this node, as a file for counsel, and its check, which needs no node. */
import { createWriteStream } from 'node:fs'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { LedgerCheck, type LedgerVerdict } from '../core/ledger.js'
import { Failure } from './failure.js'
import { bytesOfFile, fileLines } from './file-lines.js'
import type { Shell } from './shell.js'

export function ledgerCommand(program: Command, shell: Shell): void {
  const ledger = program.command('ledger').description('what left this node, and what was stopped')
  ledger
    .command('export')
    .argument('<file>', 'a new file')
    .option('--from <seq>', 'from this envelope of our log on')
    .description('write the ledger, and check it')
    .action(async (file: string, { from }: { from?: string }) => {
      const path = resolve(shell.streams.cwd, file)
      await written(shell, path, from)
      await told(shell, path)
    })
  ledger
    .command('verify')
    .argument('<file>', 'a ledger')
    .description('check every line, signature and total; needs no node')
    .action((file: string) => told(shell, resolve(shell.streams.cwd, file)))
}

async function written(shell: Shell, path: string, from: string | undefined): Promise<void> {
  const query = from === undefined ? '' : `?from=${encodeURIComponent(from)}`
  const response = await shell.client.open({ method: 'GET', path: `/v1/ledger${query}` })
  if (response.statusCode !== 200) {
    throw new Failure('ledger-refused', `the node answered ${response.statusCode}`)
  }
  try {
    // Never over a file that is there: it may be last year's.
    await pipeline(response, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    throw new Failure('file-unwritable', `${path}: ${(error as Error).message}`)
  }
}

/** Throws the fault as a failure, with its line. */
async function told(shell: Shell, path: string): Promise<void> {
  const check = new LedgerCheck()
  for await (const { text } of fileLines(bytesOfFile(path, shell.streams.stdin))) {
    check.add(text ?? '')
  }
  const { verdict } = check
  if (shell.json) shell.print(JSON.stringify(verdict))
  if (!verdict.ok) throw new Failure(verdict.code, `line ${verdict.line} of ${path}`)
  if (!shell.json) shell.print(textOf(verdict))
}

function textOf({
  head,
  envelopes,
  bytes,
  stopped,
}: LedgerVerdict & { readonly ok: true }): string {
  return [
    `whole and signed by ${head.peerId} (${head.name}) at ${head.at}`,
    `${envelopes} envelopes left, ${bytes} bytes, from number ${head.from} on`,
    `${stopped} items were stopped`,
  ].join('\n')
}
