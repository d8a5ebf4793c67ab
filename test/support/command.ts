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

interface Options {
  readonly env?: Record<string, string>
  readonly input?: string
  readonly cwd?: string
  /** Of stdin: somebody is there to be asked. */
  readonly isTTY?: boolean
  /** Both outputs are a terminal of so many cells a line. */
  readonly terminal?: number
}

export async function tocsin(args: readonly string[], options: Options = {}): Promise<Ran> {
  const { terminal } = options
  const shown = terminal === undefined ? {} : { isTTY: true, columns: terminal }
  const stdout = Object.assign(new PassThrough(), shown)
  const stderr = Object.assign(new PassThrough(), shown)
  const read = Promise.all([text(stdout), text(stderr)])
  const { env = {}, cwd = tmpdir(), isTTY = false } = options
  const stdin = Object.assign(Readable.from([Buffer.from(options.input ?? '')]), { isTTY })
  const code = await run(args, { stdin, stdout, stderr, env, cwd })
  stdout.end()
  stderr.end()
  const [out, err] = await read
  return { code, out, err }
}
