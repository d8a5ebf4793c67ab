/** `export`: everything live, streamed to stdout. */
import { text } from 'node:stream/consumers'
import { Option, type Command } from 'commander'
import { expectFine } from './client.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

export function exportCommand(program: Command, shell: Shell): void {
  program
    .command('export')
    .description('everything live, as rows; TLP:RED and AMBER+STRICT never leave')
    .addOption(new Option('--format <format>').choices(['ndjson', 'csv', 'text']).default('ndjson'))
    .option('--type <type>', 'this type alone')
    .action(async (options: { format: string; type?: string }) => {
      const query = new URLSearchParams({ ...options })
      const path = `/v1/export?${query.toString()}`
      const response = await shell.client.open({ method: 'GET', path })
      const { statusCode: status = 500 } = response
      if (status >= 400) {
        const problem = await text(response)
        expectFine({ status, text: problem, body: JSON.parse(problem) as Record<string, unknown> })
      }
      try {
        for await (const piece of response) await written(shell, piece as Buffer)
      } catch {
        throw new Failure('export-cut', 'the export ended before it was whole')
      }
    })
}

/** Waits where the reader is slower than the node. */
async function written({ streams: { stdout } }: Shell, piece: Buffer): Promise<void> {
  if (stdout.write(piece)) return
  await new Promise<void>((resolve) => stdout.once('drain', resolve))
}
