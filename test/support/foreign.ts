/**
 * Programs that are not ours, as `scripts/interop-setup` finds or fetches them. One that cannot be
 * had fails whatever needs it, with the line to type.
 */
import { execFile, type ExecFileOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './source-tree.js'

const SETUP = join(ROOT, 'scripts', 'interop-setup')
export const UNPACKED = join(ROOT, '.cache', 'debian')
const FOLDERS = ['usr/sbin', 'usr/bin', 'sbin', 'bin']
const execute = promisify(execFile)
/** Found before: asking takes half a second, and some ask often. */
const found = new Set<string>()

/** Makes sure of programs by name. Rejects with what to install where they cannot be had. */
export async function foreign(...programs: readonly string[]): Promise<void> {
  const asked = programs.filter((program) => !found.has(program))
  if (asked.length === 0) return
  try {
    await execute(SETUP, asked, { timeout: 300_000 })
    for (const program of asked) found.add(program)
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw new Error(`run scripts/interop-setup ${programs.join(' ')}\n${stderr ?? String(error)}`)
  }
}

/** Where they and their libraries are found; the machine's own come first. */
export function foreignEnv(): NodeJS.ProcessEnv {
  const { PATH, LD_LIBRARY_PATH, ...rest } = process.env
  const unpacked = FOLDERS.map((folder) => join(UNPACKED, folder))
  const path = [PATH ?? '', '/usr/sbin', '/sbin', ...unpacked].join(':')
  const libraries = libraryFolders()
  if (LD_LIBRARY_PATH !== undefined) libraries.unshift(LD_LIBRARY_PATH)
  if (libraries.length === 0) return { ...rest, PATH: path }
  return { ...rest, PATH: path, LD_LIBRARY_PATH: libraries.join(':') }
}

function libraryFolders(): string[] {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch
  const arch = `${machine}-linux-gnu`
  // systemd's own are in a folder below.
  return ['usr/lib', 'lib']
    .flatMap((folder) => [join(folder, arch), join(folder, arch, 'systemd')])
    .map((folder) => join(UNPACKED, folder))
    .filter((folder) => existsSync(folder))
}

/** Runs one to its end; answers what it printed. */
export async function runForeign(
  program: string,
  args: readonly string[],
  input = '',
  options: ExecFileOptions = {},
): Promise<string> {
  const running = execute(program, [...args], { env: foreignEnv(), timeout: 60_000, ...options })
  // One that ends without having read its input says the rest by how it ended.
  running.child.stdin?.on('error', () => undefined).end(input)
  return String((await running).stdout)
}

/**
 * A program of an npm package that is too heavy for the project's own dependencies; in
 * `.cache/npm/NAME`. Answers the path of its file.
 */
export async function foreignPackage(name: string, file: string): Promise<string> {
  await foreign(name)
  return join(ROOT, '.cache', 'npm', name, 'node_modules', name, file)
}
