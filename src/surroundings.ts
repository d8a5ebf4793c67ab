/** What a node cannot see of itself by its ports: modes of its files, and space on its disk. */
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecretFile, Space } from './core/check-up.js'
import { LOCAL_SECRET, NODE_KEY } from './storage/small-file.js'

const SECRETS = [NODE_KEY, 'operator.token', LOCAL_SECRET] as const

export async function secretsOf(data: string): Promise<SecretFile[]> {
  const modeOf = async (path: string) => {
    const found = await stat(path).catch(() => undefined)
    return found === undefined ? undefined : found.mode & 0o777
  }
  const paths = SECRETS.map((name) => join(data, name))
  const files = paths.map(async (path) => ({ path, mode: await modeOf(path), isFolder: false }))
  return [{ path: data, mode: await modeOf(data), isFolder: true }, ...(await Promise.all(files))]
}

export async function spaceFor(data: string): Promise<Space | undefined> {
  const found = await statfs(data).catch(() => undefined)
  return found === undefined ? undefined : { path: data, freeBytes: found.bavail * found.bsize }
}
