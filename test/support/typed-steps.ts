/**
 * Steps typed one after another into one bash, in a folder that looks like a fresh checkout: it
 * holds links to everything that is tracked, to the packages and to what is built. Whatever was
 * started ends with it, also where a step fails.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ROOT } from './source-tree.js'
import type { Step } from './readme.js'

export interface Typed {
  /** What each step printed; fewer than there are steps where one failed or took too long. */
  readonly came: readonly string[]
  /** What the step printed that did not end well. */
  readonly failed?: string
}

const MARK = '\u0001step ends\n'

export async function typeInto(steps: readonly Step[], msMax: number): Promise<Typed> {
  const folder = await freshCheckout()
  // Beside the folder: a person's has no such file.
  const script = `${folder}.sh`
  const lines = steps.flatMap(({ typed }) => [...typed, `printf '${MARK.trimEnd()}\\n'`])
  await writeFile(script, ['set -e', 'exec 2>&1', ...lines, ''].join('\n'))
  const bash = spawn('bash', ['--noprofile', '--norc', script], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    // A group of its own: what it leaves running is ended with it.
    detached: true,
  })
  const end = () => endGroup(bash.pid!)
  const late = setTimeout(end, msMax)
  const output = text(bash.stdout)
  try {
    const [code] = (await once(bash, 'exit')) as [number | null]
    end()
    const parts = (await output).split(MARK)
    const came = parts.slice(0, steps.length)
    if (code === 0) return { came }
    return { came: came.slice(0, -1), failed: `${came.at(-1)}\n(exit ${code ?? 'too late'})` }
  } finally {
    clearTimeout(late)
    await rm(folder, { recursive: true, force: true })
    await rm(script, { force: true })
  }
}

async function freshCheckout(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-readme-'))
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
  const tops = new Set(
    listed
      .split('\0')
      .filter((path) => path !== '')
      .map((path) => path.split('/')[0]!),
  )
  for (const name of [...tops, 'node_modules', 'dist']) {
    await symlink(join(ROOT, name), join(folder, name))
  }
  return folder
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
