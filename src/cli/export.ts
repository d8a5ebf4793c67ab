/** `export`: everything live, streamed to stdout. */
import type { Writable } from 'node:stream'
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
        await copied(response, shell.streams.stdout)
      } catch {
        throw new Failure('export-cut', 'the export ended before it was whole')
      }
    })
}

/** As fast as it is read; a reader that has seen enough (`| head`) ends it. */
async function copied(source: AsyncIterable<Buffer>, out: Writable): Promise<void> {
  let isGone = false
  out.once('error', () => (isGone = true))
  for await (const piece of source) {
    if (!out.write(piece) && !isGone) {
      await new Promise<void>((resolve) => out.once('drain', resolve).once('error', resolve))
    }
    if (isGone) return
  }
}
