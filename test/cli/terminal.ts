/** Runs one command line as `main.ts` does, with the streams of a test. */
import { tmpdir } from 'node:os'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { run } from '../../src/cli/program.js'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export async function typed(args: readonly string[], input = ''): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const read = Promise.all([text(stdout), text(stderr)])
  const stdin = Readable.from([Buffer.from(input)])
  const code = await run(args, { stdin, stdout, stderr, env: {}, cwd: tmpdir() })
  stdout.end()
  stderr.end()
  const [out, err] = await read
  return { code, out, err }
}
