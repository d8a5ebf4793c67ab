/** `tocsin edge` as a process; those that a failed test leaves are ended by `endEdges`. */
import { spawn, type ChildProcess } from 'node:child_process'
import { PROGRAM } from './fleet.js'
import { until } from './until.js'

export interface EdgeProcess {
  readonly child: ChildProcess
  /** Where it listens, once it does. */
  readonly address: Promise<string>
  /** All that it printed. */
  readonly output: () => string
}

const running = new Set<ChildProcess>()

export function startEdge(
  node: string,
  token: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): EdgeProcess {
  const args = [PROGRAM, 'edge', '--node', node, '--api', '127.0.0.1:0', ...flags]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env, TOCSIN_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  const hear = (chunk: Buffer) => (output += chunk.toString())
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const printed = () => /^API +(\S+)$/m.exec(output)?.[1]
  const address = until(() => printed() !== undefined, { timeoutMs: 20_000 }).then(() => printed()!)
  return { child, address, output: () => output }
}

export function endEdges(): void {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
}
