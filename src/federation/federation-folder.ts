/**
 * Makes, joins and rotates the federation of a node's folder, whether or not its node is running: a
 * running one sees new keys of its own network within a second. Another network needs another key
 * and another log; what the folder held of the one before is set aside and never deleted.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config.js'
import { epochsAt, type Epoch } from '../core/epoch-keys.js'
import { OPEN_FEDERATION, type Federation } from '../core/identity.js'
import {
  federationOf,
  federationPath,
  merged,
  newFederation,
  readFederation,
  rotated,
  writeFederation,
} from './federation-file.js'
import { StartError, toStartError } from '../lifecycle.js'
import { openDatabase } from '../storage/database.js'
import {
  FEDERATION,
  makeDataFolder,
  MUST_ASK,
  NODE_KEY,
  readMarker,
} from '../storage/small-file.js'

type Place = Pick<Config, 'data' | 'federation'>

export interface FederationDone {
  readonly name: string
  readonly networkId: string
  /** The file to hand to members. */
  readonly path: string
  /** Newest first. */
  readonly epochs: readonly Epoch[]
  /** Where what the folder held of another network now is. */
  readonly aside?: string
}

/** All throw `StartError` with a stable code. */
export function createFederation(
  place: Place,
  name: string,
  options: { readonly newKey: boolean },
): Promise<FederationDone> {
  return told(async () => {
    const path = federationPath(place)
    if (existsSync(path)) throw new StartError('federation-exists', `${path} is there already`)
    return settle(place, newFederation(name, Date.now(), randomBytes), options)
  })
}

export function joinFederation(
  place: Place,
  file: string,
  options: { readonly newKey: boolean },
): Promise<FederationDone> {
  return told(async () => {
    const theirs = await readFederation(file)
    if (theirs.networkId === OPEN_FEDERATION.networkId) {
      throw new StartError('federation-open', 'every node is in the open federation by itself')
    }
    const ours = existsSync(federationPath(place)) ? await federationOf(place) : theirs
    if (ours.networkId !== theirs.networkId) return settle(place, theirs, options)
    const both = merged(ours, theirs, Date.now())
    if (!both.ok) throw new StartError(both.code, `${file}: ${TEXTS[both.code]}`)
    return settle(place, both.value, options)
  })
}

export function rotateFederation(
  place: Place,
  options: { readonly urgent: boolean },
): Promise<FederationDone> {
  return told(async () => {
    const federation = await federationOf(place)
    if (federation.networkId === OPEN_FEDERATION.networkId) {
      throw new StartError('federation-open', 'the open federation’s key is public: create another')
    }
    const next = rotated(federation, Date.now(), randomBytes, options.urgent)
    if (!next.ok) throw new StartError(next.code, next.detail ?? TEXTS[next.code])
    const path = federationPath(place)
    await writeFederation(path, next.value)
    return done(path, next.value)
  })
}

export function showFederation(place: Place): Promise<FederationDone> {
  return told(async () => done(federationPath(place), await federationOf(place)))
}

const TEXTS = {
  'another-network': 'is of another network',
  'key-from-the-future': 'a key was made later than this clock says it is',
  'too-many-keys': 'more keys than look-ups can hold; wait until old ones have ended',
  'rotated-lately': 'the newest key is young',
} as const

async function told<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw toStartError(error)
  }
}

function done(path: string, { name, networkId, keys }: Federation): FederationDone {
  return { name, networkId, path, epochs: epochsAt(keys, Date.now()) }
}

/** Puts the federation where the node finds it, in a folder that is of no other network. */
async function settle(
  place: Place,
  federation: Federation,
  { newKey }: { readonly newKey: boolean },
): Promise<FederationDone> {
  const path = federationPath(place)
  await makeDataFolder(place.data)
  const networkId = await networkOf(place)
  const isAnother = networkId !== undefined && networkId !== federation.networkId
  if (isAnother && !newKey) {
    const why = `${place.data} belongs to another network (${networkId.slice(0, 16)})`
    throw new StartError('data-of-another-network', `${why}: stop the node, then add --new-key`)
  }
  const aside = isAnother ? await setAside(place, networkId) : undefined
  await mkdir(dirname(path), { recursive: true })
  await writeFederation(path, federation)
  return { ...done(path, federation), ...(aside === undefined ? {} : { aside }) }
}

/** Of what is in the folder, or would be at its first start. */
async function networkOf(place: Place): Promise<string | undefined> {
  const marker = await readMarker(place.data)
  if (marker !== undefined) return marker.networkId
  const path = federationPath(place)
  return existsSync(path) ? (await readFederation(path)).networkId : undefined
}

/** What is of one network: never two logs under one key, and no log without its key. */
const OF_A_NETWORK = [NODE_KEY, 'db', 'marker', 'high-water', 'feed-life', MUST_ASK, FEDERATION]

async function setAside({ data, federation }: Place, networkId: string): Promise<string> {
  if (existsSync(join(data, 'db'))) {
    // Nobody else has it open while this lasts, or it fails.
    await (await openDatabase(data, networkId)).close()
  }
  const aside = join(data, `network-${networkId.slice(0, 16)}-${Date.now()}`)
  await mkdir(aside, { mode: 0o700 })
  for (const name of OF_A_NETWORK) {
    if (existsSync(join(data, name))) await rename(join(data, name), join(aside, name))
  }
  if (federation !== undefined && existsSync(federation)) {
    await rename(federation, join(aside, FEDERATION))
  }
  return aside
}
