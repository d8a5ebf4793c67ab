/**
 * What `doctor` answers with, and what it is told of a node's surroundings: files, disk, ports and
 * clock are seen by the composition roots, and judged by pure functions.
 */

/** All there are; what each is about is in its text. */
export const CHECK_NAMES = [
  'node',
  'settings',
  'folder',
  'keys',
  'epoch-keys',
  'clock',
  'ports',
  'api',
  'members',
  'who-hears-whom',
  'disk',
  'scrub',
  'policy',
  'pauses',
  'gateways',
  'redis',
  'legal',
  'forks',
  'own-log',
  'sample',
] as const
export type CheckName = (typeof CHECK_NAMES)[number]

const STATES = ['fail', 'warn', 'ok'] as const
export type CheckState = (typeof STATES)[number]

export interface Check {
  readonly name: CheckName
  readonly state: CheckState
  readonly says: string
  /** What ends it: a command line where there is one. */
  readonly mend?: string
}

/** Some findings of one name, or that there are none. */
export function foundOr(found: readonly Check[], name: CheckName, says: string): readonly Check[] {
  return found.length === 0 ? [{ name, state: 'ok', says }] : found
}

/** Worst first, else in the order of the names. */
export function worstFirst(checks: readonly Check[]): Check[] {
  const rank = ({ name, state }: Check) =>
    STATES.indexOf(state) * CHECK_NAMES.length + CHECK_NAMES.indexOf(name)
  return [...checks].sort((a, b) => rank(a) - rank(b))
}

export interface SecretFile {
  readonly path: string
  /** Permission bits; undefined where there is no such file. */
  readonly mode: number | undefined
  readonly isFolder: boolean
}

export interface Space {
  readonly path: string
  readonly freeBytes: number
}

/** As the composition root sees them now. */
export interface Surroundings {
  readonly secrets: readonly SecretFile[]
  /** Undefined where the system does not say. */
  readonly space: Space | undefined
  /** Multiaddrs that others are told; empty where nothing is listened on. */
  readonly addresses: readonly string[]
}

const MIB = 1 << 20
/** Less than a compaction may need for a while. */
const FREE_BYTES_LOW = 512 * MIB
/** The next one may be the one that does not fit. */
const FREE_BYTES_MIN = 64 * MIB

/** Whoever reads a node's key can speak as it. */
export function secretsChecks(secrets: readonly SecretFile[]): readonly Check[] {
  const name = 'keys'
  const found = secrets.flatMap(({ path, mode, isFolder }): Check[] => {
    if (mode === undefined) {
      const mend =
        'tocsin restore BACKUP into an empty folder, or a new key: tocsin federation join'
      return [{ name, state: 'fail', says: `${path} is gone`, mend }]
    }
    if ((mode & 0o077) === 0) return []
    const says = `others on this machine can reach ${path} (mode ${mode.toString(8)})`
    return [{ name, state: 'fail', says, mend: `chmod ${isFolder ? '700' : '600'} '${path}'` }]
  })
  return foundOr(found, name, 'key, secrets and data folder are this user’s alone')
}

export function spaceChecks(space: Space | undefined): readonly Check[] {
  if (space === undefined) return []
  const { path, freeBytes } = space
  const says = `${Math.floor(freeBytes / MIB)} MiB are free for ${path}`
  const state = freeBytes < FREE_BYTES_MIN ? 'fail' : freeBytes < FREE_BYTES_LOW ? 'warn' : 'ok'
  const mend = 'free space there; the node goes on by itself'
  return [{ name: 'disk', state, says, ...(state === 'ok' ? {} : { mend }) }]
}

/** Of a multiaddr: nobody elsewhere can dial it. */
export function isHereOnly(address: string): boolean {
  return /^\/ip4\/(?:127\.|0\.0\.0\.0\/)|^\/ip6\/(?:::1?|0:0:0:0:0:0:0:[01])\//.test(address)
}
