/** `export`: everything live, streamed to stdout. */
import { text } from 'node:stream/consumers'
import { Option, type Command } from 'commander'
import { expectFine } from './client.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

const LINE_END = 0x0a
const FORMATS = ['ndjson', 'stix', 'misp', 'csv', 'text']

export function exportCommand(program: Command, shell: Shell): void {
  program
    .command('export')
    .description('everything live that may leave; TLP:RED and AMBER+STRICT never do')
    .addOption(new Option('--format <format>').choices(FORMATS).default('ndjson'))
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
        await copied(response, shell)
      } catch {
        throw new Failure('export-cut', 'the export ended before it was whole')
      }
      const left = response.headers['x-tocsin-not-expressed']
      if (typeof left === 'string' && left !== '') {
        shell.note(`${options.format} has no words for: ${left}`)
      }
    })
}

/** As fast as it is read; a reader that has seen enough (`| head`) ends it. */
async function copied(source: AsyncIterable<Buffer>, shell: Shell): Promise<void> {
  const out = shell.streams.stdout
  const progress = shell.progress({ of: 'rows' })
  let isGone = false
  let rows = 0
  out.once('error', () => (isGone = true))
  try {
    for await (const piece of source) {
      if (!out.write(piece) && !isGone) {
        await new Promise<void>((resolve) => out.once('drain', resolve).once('error', resolve))
      }
      if (isGone) return
      for (const byte of piece) if (byte === LINE_END) rows++
      // Rows that scroll by say how far it is.
      if (out.isTTY !== true) progress.show(rows)
    }
  } finally {
    progress.end()
  }
}
