/** The members’ keys as the mesh sees them, and whom each of them hears. */
import { peerNameOf, type AuthorId } from '../core/identity.js'
import type { Link } from '../core/mesh-port.js'
import type { LiveState } from '../lookup/live-state.js'
import type { HttpDependencies } from './dependencies.js'
import type { App } from './shape.js'

export function peerRoutes(app: App, dependencies: HttpDependencies): void {
  app.get('/v1/peers', { config: { role: 'operator' } }, () => ({
    peers: dependencies.links().map((link) => peerOf(link, dependencies)),
  }))
}

function peerOf(of: Link, { own, state }: Pick<HttpDependencies, 'own' | 'state'>) {
  const { author, link, lagMs, counts, current, beaconAgeMs, quiet, hears } = of
  return {
    member: state.roster.memberOf(author)?.name ?? null,
    peerId: peerNameOf(author),
    link,
    lagMs: lagMs ?? null,
    current,
    beaconAgeMs: beaconAgeMs ?? null,
    quiet,
    hears: hears.map(peerNameOf),
    hearsUs: hearsUs(of, own, state),
    counts,
  }
}

/** Nobody can show to have applied what was never said; null also before the first beacon. */
export function hearsUs(
  { beaconAgeMs, hears }: Link,
  own: AuthorId,
  { heads }: Pick<LiveState, 'heads'>,
): boolean | null {
  if (beaconAgeMs === undefined) return null
  if (hears.includes(own)) return true
  return heads.has(own) ? false : null
}
