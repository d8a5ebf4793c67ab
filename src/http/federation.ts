/** The federation as its operator sees it: epoch keys by their ids, never by themselves. */
import { OPEN_FEDERATION } from '../core/identity.js'
import { KEYED_FORMS } from '../core/keyed-form.js'
import type { HttpDependencies } from './dependencies.js'

type Parts = Pick<HttpDependencies, 'federation' | 'keyRing' | 'state'>

export function federationShown({ federation, keyRing, state }: Parts) {
  const { epochs, parts } = keyRing()
  return {
    federation: federation.name,
    networkId: federation.networkId,
    openFederation: federation.networkId === OPEN_FEDERATION.networkId,
    epochs: epochs.map(({ id, createdMs, stage, untilMs }) => ({
      id,
      createdAt: isoOf(createdMs),
      stage,
      ...(untilMs === Infinity ? {} : { until: isoOf(untilMs) }),
      knownToRemoved: removedSince(state, createdMs),
    })),
    keyed: parts.types.map((type) => ({ type, limit: KEYED_FORMS[type]!.limit })),
  }
}

/** Who was a member while a key was in use, and is none any more: it has the key for ever. */
function removedSince({ lists, roster }: Parts['state'], createdMs: number): string[] {
  return [...lists.of('former').values()]
    .filter(({ name, removedMs }) => removedMs >= createdMs && roster.named(name) === undefined)
    .map(({ name }) => name)
}

/** Ids of the keys that a member has had; none where everybody has them. */
export function keysKnownTo({ federation, keyRing }: Parts): string[] {
  if (federation.networkId === OPEN_FEDERATION.networkId) return []
  return keyRing()
    .epochs.filter(({ stage }) => stage !== 'over')
    .map(({ id }) => id)
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
