/**
 * The federation file: which labs share a network, and the keys of its epochs, which are a secret
 * of the members. Members hand it to each other; what two of them hold is merged by union, so that
 * it does not matter whose copy is newer. Without one a node is in the open federation.
 *
 *   version: 1 (or absent)
 *   name: Frontier labs
 *   networkId: 64 hexadecimal digits
 *   keys:
 *     - created: 2026-11-25T09:00:00.000Z
 *       key: 64 hexadecimal digits
 */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.js'
import { EPOCH_KEYS_MAX, epochsAt, mergeKeys, ROTATION_MS_MIN } from '../core/epoch-keys.js'
import { OPEN_FEDERATION, type EpochKey, type Federation } from '../core/identity.js'
import { DAY_MS, LIMITS } from '../core/limits.js'
import { failed, fine, type Result } from '../core/outcome.js'
import { parseInstant } from '../core/request.js'
import { badName } from '../setting.js'
import { FEDERATION, KeyExposed, writeSmallFile } from '../storage/small-file.js'
import { lookAt } from '../watched-file.js'
import { ConfigInvalid, isMapping, parseYaml, wrongVersion } from '../yaml-file.js'

const HEX_32 = /^[0-9a-f]{64}$/
export const FEDERATION_BYTES_MAX = 64 << 10

type Chance = (bytes: number) => Uint8Array

/** The one that the settings name, else that of the data folder, where there is one. */
export function federationPath({ data, federation }: Pick<Config, 'data' | 'federation'>): string {
  return federation ?? join(data, FEDERATION)
}

/** Throws `ConfigInvalid` and `KeyExposed`. */
export async function federationOf(
  config: Pick<Config, 'data' | 'federation'>,
): Promise<Federation> {
  const path = federationPath(config)
  if (config.federation === undefined && !existsSync(path)) return OPEN_FEDERATION
  return readFederation(path)
}

/** Throws `ConfigInvalid`, and `KeyExposed` where others on this machine can read its keys. */
export async function readFederation(path: string): Promise<Federation> {
  const look = await lookAt(path, FEDERATION_BYTES_MAX)
  if ('problem' in look) throw new ConfigInvalid(`${path}: ${look.problem}`)
  const read = parseFederation(look.text)
  if (!read.ok) throw new ConfigInvalid(`${path}: ${read.detail ?? read.code}`)
  if (read.value.keys.length > 0 && ((await stat(path)).mode & 0o077) !== 0) {
    throw new KeyExposed(`others on this machine can read ${path}: chmod 600 it`)
  }
  return read.value
}

/** What a federation file says; the detail is for people and never holds a key. */
export function parseFederation(text: string): Result<Federation, 'config-invalid'> {
  const parsed = parseYaml(text)
  if ('problems' in parsed) return failed('config-invalid', 'is not YAML')
  const { version, ...content } = isMapping(parsed.value) ? parsed.value : {}
  const wrong = wrongVersion(version)
  if (wrong !== undefined) return failed('config-invalid', `version ${wrong.message}`)
  const { name, networkId, keys = [], ...others } = content
  const isNamed = typeof name === 'string' && badName(name) === undefined
  if (!isNamed || typeof networkId !== 'string' || !HEX_32.test(networkId)) {
    const needs = 'needs name and networkId (64 lower-case hexadecimal digits)'
    return failed('config-invalid', needs)
  }
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return failed('config-invalid', `no such key: ${unknown}`)
  const read = Array.isArray(keys) ? (keys as unknown[]).map(keyOf) : [undefined]
  if (read.includes(undefined) || read.length > EPOCH_KEYS_MAX) {
    const form = 'created: an ISO 8601 time with its zone, key: 64 lower-case hexadecimal digits'
    return failed('config-invalid', `keys are at most ${EPOCH_KEYS_MAX}, each {${form}}`)
  }
  return fine({ name, networkId, keys: mergeKeys(read as EpochKey[], []) })
}

function keyOf(value: unknown): EpochKey | undefined {
  const { key, created, ...others } = isMapping(value) ? value : {}
  if (typeof key !== 'string' || !HEX_32.test(key) || Object.keys(others).length > 0)
    return undefined
  const createdMs = typeof created === 'string' ? parseInstant(created) : undefined
  return createdMs === undefined ? undefined : { key, createdMs }
}

export async function writeFederation(path: string, federation: Federation): Promise<void> {
  await writeSmallFile(path, federationText(federation))
}

function federationText({ name, networkId, keys }: Federation): string {
  const rows = keys.flatMap(({ key, createdMs }) => [
    `  - created: "${new Date(createdMs).toISOString()}"`,
    `    key: ${key}`,
  ])
  return [
    '# Federation file of Tocsin. Its keys are a secret of the members: hand it over only on ways',
    '# that nobody else can read, and keep it as you keep the node’s own key (mode 0600).',
    `name: ${JSON.stringify(name)}`,
    `networkId: ${networkId}`,
    ...(rows.length === 0 ? ['keys: []'] : ['keys:', ...rows]),
    '',
  ].join('\n')
}

export function newFederation(name: string, now: number, chance: Chance): Federation {
  return { name, networkId: hex(chance(32)), keys: [{ key: hex(chance(32)), createdMs: now }] }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export type MergeCode = 'another-network' | 'key-from-the-future' | 'too-many-keys'

/** One federation with the keys of both; ours keeps its name. */
export function merged(
  ours: Federation,
  theirs: Federation,
  now: number,
): Result<Federation, MergeCode> {
  if (ours.networkId !== theirs.networkId) return failed('another-network')
  const early = theirs.keys.some(({ createdMs }) => createdMs > now + LIMITS.futureMsMax)
  if (early) return failed('key-from-the-future')
  const keys = inUse(mergeKeys(ours.keys, theirs.keys), now)
  if (keys.length > EPOCH_KEYS_MAX) return failed('too-many-keys')
  return fine({ ...ours, keys })
}

export type RotateCode = 'rotated-lately' | 'too-many-keys'

/** With a new key; the old ones stay for as long as something may live under them. */
export function rotated(
  federation: Federation,
  now: number,
  chance: Chance,
  isUrgent = false,
): Result<Federation, RotateCode> {
  const [newest] = federation.keys
  if (newest !== undefined && now - newest.createdMs < ROTATION_MS_MIN && !isUrgent) {
    const days = Math.floor((now - newest.createdMs) / DAY_MS)
    return failed('rotated-lately', `the newest key is ${days} days old`)
  }
  // The clock of whoever made the newest may be ahead of ours, and the new one is to be newer.
  const createdMs = Math.max(now, (newest?.createdMs ?? 0) + 1)
  const keys = inUse(mergeKeys(federation.keys, [{ key: hex(chance(32)), createdMs }]), now)
  if (keys.length > EPOCH_KEYS_MAX) return failed('too-many-keys')
  return fine({ ...federation, keys })
}

/** A key under which nothing can live any more is only good for guessing. */
function inUse(keys: readonly EpochKey[], now: number): EpochKey[] {
  return epochsAt(keys, now)
    .filter(({ stage }) => stage !== 'over')
    .map(({ key, createdMs }) => ({ key, createdMs }))
}
