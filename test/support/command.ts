/** Runs one command line in this process, with streams a test can read. */
import { tmpdir } from 'node:os'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { run } from '../../src/cli/program.js'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export async function tocsin(
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string; cwd?: string; isTTY?: boolean } = {},
): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const read = Promise.all([text(stdout), text(stderr)])
  const { env = {}, cwd = tmpdir(), isTTY = false } = options
  const stdin = Object.assign(Readable.from([Buffer.from(options.input ?? '')]), { isTTY })
  const code = await run(args, { stdin, stdout, stderr, env, cwd })
  stdout.end()
  stderr.end()
  const [out, err] = await read
  return { code, out, err }
}
