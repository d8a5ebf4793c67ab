/**
 * Stands for a container: root folders made of Debian's essential packages, entered with `bwrap` as
 * a user of the test's choice. The base image's Node is the one that runs the test. Needs root, or
 * subordinate ids for who is not, so that a file in there has the owner that a step gives it.
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { foreign, foreignEnv } from '../support/foreign.js'
import { ROOT } from '../support/source-tree.js'

const execute = promisify(execFile)
const BARE = join(ROOT, '.cache', 'debian-root')
const AS_ROOT =
  process.getuid?.() === 0
    ? []
    : ['unshare', '--map-root-user', '--map-auto', '--setuid=0', '--setgid=0', '--']
const NODE = '/usr/local/bin/node'

export interface Inside {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** `id:id`; undefined is root. */
  readonly user?: string | undefined
  /** Nothing but what `bind` names can be written, no network but its own, no right is left. */
  readonly isSealed?: boolean
  /** Folders outside, by where they are inside. */
  readonly bind?: Readonly<Record<string, string>>
  readonly settings?: readonly string[]
}

/** Runs one as root of the folders in here. */
export async function asRoot(...command: readonly string[]): Promise<void> {
  const [program, ...args] = [...AS_ROOT, ...command]
  await execute(program!, args)
}

export async function bareRoot(folder: string): Promise<void> {
  await foreign('bwrap', 'clean-root')
  await mkdir(dirname(folder), { recursive: true })
  await asRoot('cp', '-a', '--reflink=auto', BARE, folder)
  // The mount points of what stands for the base image.
  const places = [NODE, '/usr/local/lib/node_modules/npm']
  await asRoot('mkdir', '-p', ...places.map((path) => join(folder, dirname(path))))
  await asRoot('touch', join(folder, NODE))
  await asRoot('mkdir', '-p', join(folder, places[1]!))
  await asRoot('ln', '-s', '../lib/node_modules/npm/bin/npm-cli.js', `${folder}/usr/local/bin/npm`)
}

function words(root: string, inside: Inside, command: readonly string[]): string[] {
  const { env, cwd, user, isSealed = false, bind = {}, settings = [] } = inside
  const all = [...AS_ROOT, 'bwrap', '--unshare-pid', '--unshare-ipc', '--die-with-parent']
  all.push(isSealed ? '--ro-bind' : '--bind', root, '/', '--proc', '/proc', '--dev', '/dev')
  all.push('--ro-bind', process.execPath, NODE)
  all.push('--ro-bind', npmFolder(), '/usr/local/lib/node_modules/npm')
  for (const [at, from] of Object.entries(bind)) all.push('--bind', from, at)
  if (isSealed) all.push('--unshare-net')
  all.push(...settings, '--chdir', cwd, '--clearenv')
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  for (const [name, value] of Object.entries({ PATH: path, HOME: '/root', ...env })) {
    all.push('--setenv', name, value)
  }
  if (user !== undefined) {
    const [uid, gid] = user.split(':')
    all.push('setpriv', `--reuid=${uid!}`, `--regid=${gid!}`, '--clear-groups')
    all.push('--no-new-privs', '--inh-caps=-all', '--bounding-set=-all')
  }
  return [...all, ...command]
}

/** To its end; answers what it printed. Rejects where it fails. */
export async function runInside(
  root: string,
  inside: Inside,
  command: readonly string[],
): Promise<string> {
  const [program, ...args] = words(root, inside, command)
  const { stdout } = await execute(program!, args, { env: foreignEnv(), maxBuffer: 16 << 20 })
  return stdout
}

/** Starts one as the first process in there; `pid` is its own, as it is known out here. */
export async function startInside(
  root: string,
  inside: Inside,
  command: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly pid: number }> {
  const settings = [...(inside.settings ?? []), '--as-pid-1', '--info-fd', '3']
  const [program, ...args] = words(root, { ...inside, settings }, command)
  const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const
  const child = spawn(program!, args, { env: foreignEnv(), stdio: [...stdio] })
  let told = ''
  for await (const chunk of child.stdio[3] as NodeJS.ReadableStream) told += chunk.toString()
  return { child, pid: (JSON.parse(told) as { 'child-pid': number })['child-pid'] }
}

function npmFolder(): string {
  const [path] = (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, 'npm'))
    .filter((file) => existsSync(file))
  if (path === undefined) throw new Error('npm is not found')
  return dirname(dirname(realpathSync(path)))
}

/** The machine's own ways to the registry, for steps that ask it. */
export function npmSettings(): Pick<Inside, 'env' | 'settings'> {
  const asked = (key: string) =>
    execFileSync('npm', ['config', 'get', key], { cwd: '/', encoding: 'utf8' }).trim()
  const names = ['NODE_EXTRA_CA_CERTS', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  const env: Record<string, string> = Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name] ?? process.env[name.toLowerCase()]
      return value === undefined ? [] : [[name, value]]
    }),
  )
  // In a folder of their own, so that nothing of them stays in what is made.
  const files: Readonly<Record<string, string | undefined>> = {
    '/run/npm/user': asked('userconfig'),
    '/run/npm/global': asked('globalconfig'),
    '/run/npm/certificates': env['NODE_EXTRA_CA_CERTS'],
    '/etc/resolv.conf': '/etc/resolv.conf',
    '/etc/hosts': '/etc/hosts',
  }
  const settings = ['--tmpfs', '/run', '--bind', asked('cache'), '/run/npm/cache']
  for (const [at, from = ''] of Object.entries(files)) {
    if (existsSync(from)) settings.push('--ro-bind', realpathSync(from), at)
  }
  if ('NODE_EXTRA_CA_CERTS' in env) env['NODE_EXTRA_CA_CERTS'] = '/run/npm/certificates'
  return {
    settings,
    env: {
      ...env,
      npm_config_userconfig: '/run/npm/user',
      npm_config_globalconfig: '/run/npm/global',
      npm_config_cache: '/run/npm/cache',
      npm_config_prefer_offline: 'true',
    },
  }
}
