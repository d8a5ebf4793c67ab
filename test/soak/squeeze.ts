/** Starts the program that something is taken away from, where only it and nobody else is hit. */
import { execFile } from 'node:child_process'
import { compiled } from '../support/compiled.js'
import { withFolder, type Figures, type SoakOptions } from '../support/soak-run.js'

/** Beyond the time of the last round begun. */
const END_MS_MAX = 120_000

export interface SqueezeOptions extends SoakOptions {
  readonly times: number
}

/** `wrap` is a shell script that ends in `exec "$@"`, with the folder as `$FOLDER`. */
export async function squeeze(
  kind: 'disk' | 'fds',
  shell: readonly [string, ...string[]],
  wrap: string,
  { times, seed, msMax }: SqueezeOptions,
): Promise<Figures> {
  const program = await compiled('test/soak/squeeze-child.ts')
  try {
    return await withFolder(async (folder) => {
      const [command, ...args] = [...shell, '-c', `${wrap}\nexec "$@"`, 'sh']
      const node = [process.execPath, program.entry, kind, folder, times, seed, msMax]
      const env = { ...process.env, FOLDER: folder }
      const printed = await run(command!, [...args, ...node.map(String)], env, msMax + END_MS_MAX)
      const figures = JSON.parse(printed) as Figures
      return { ...figures, acknowledgedLost: 0, wrongLookups: 0 }
    })
  } finally {
    await program.remove()
  }
}

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  timeout: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { env, timeout, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command}: ${error.message}\n${stderr}`))
    })
  })
}
