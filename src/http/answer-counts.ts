/**
 * How many answers the API gave, by what kind of route was asked and the class of the status. Of
 * the pattern of a route, never of an address, which may hold a value.
 */
import type { AnswerCount } from '../core/ports.js'

/** By how a pattern begins, the first that fits. */
const CLASSES = [
  ['look-up', ['/v1/check']],
  ['gate', ['/authz', '/beta/', '/guardrails/']],
  ['list', ['/export/', '/v1/decisions/stream', '/v1/usage-metrics']],
  ['feed', ['/v1/snapshot', '/v1/changes']],
  ['said', ['/v1/reports', '/v1/revocations', '/v1/sightings', '/v1/disputes', '/v1/sketches']],
  ['health', ['/healthz', '/readyz', '/metrics']],
  ['operator', ['/']],
] as const
export type RouteClass = (typeof CLASSES)[number][0] | 'unknown'

/** The CrowdSec question and the operator's stand below one path. */
const LIST_ALONE = '/v1/decisions'

export function routeClassOf(pattern: string | undefined): RouteClass {
  if (pattern === undefined) return 'unknown'
  if (pattern === LIST_ALONE) return 'list'
  const found = CLASSES.find(([, starts]) => starts.some((start) => pattern.startsWith(start)))
  return found?.[0] ?? 'unknown'
}

export class AnswerCounts {
  readonly #classes = new Map<string | undefined, RouteClass>()
  readonly #counts = new Map<RouteClass, number[]>()

  note(pattern: string | undefined, status: number): void {
    let route = this.#classes.get(pattern)
    if (route === undefined) this.#classes.set(pattern, (route = routeClassOf(pattern)))
    let counts = this.#counts.get(route)
    if (counts === undefined) this.#counts.set(route, (counts = [0, 0, 0, 0, 0, 0]))
    counts[Math.floor(status / 100)]!++
  }

  rows(): readonly AnswerCount[] {
    return [...this.#counts].flatMap(([route, counts]) =>
      counts.flatMap((count, hundreds) =>
        count === 0 ? [] : [{ route, status: `${hundreds}xx`, count }],
      ),
    )
  }
}
