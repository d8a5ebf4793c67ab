/**
 * How many answers the API gave, by what kind of route was asked and the class of the status, and
 * how long those in the request path took. Of the pattern of a route, never of an address, which
 * may hold a value.
 */
import { Durations, type DurationsRead } from '../core/durations.js'
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

/** What a gateway waits for while a request of its own waits. */
const IN_PATH: readonly RouteClass[] = ['look-up', 'gate']
const SECONDS = [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

export class AnswerCounts {
  readonly #classes = new Map<string | undefined, RouteClass>()
  readonly #counts = new Map<RouteClass, number[]>()

  readonly #took = new Durations(SECONDS)

  /** `ms`: since the request was read. */
  note(pattern: string | undefined, status: number, ms: number): void {
    let route = this.#classes.get(pattern)
    if (route === undefined) this.#classes.set(pattern, (route = routeClassOf(pattern)))
    let counts = this.#counts.get(route)
    if (counts === undefined) this.#counts.set(route, (counts = [0, 0, 0, 0, 0, 0]))
    counts[Math.floor(status / 100)]!++
    if (IN_PATH.includes(route)) this.#took.note(ms)
  }

  /** Of look-ups and gates, whatever was answered. */
  took(): DurationsRead {
    return this.#took.read()
  }

  rows(): readonly AnswerCount[] {
    return [...this.#counts].flatMap(([route, counts]) =>
      counts.flatMap((count, hundreds) =>
        count === 0 ? [] : [{ route, status: `${hundreds}xx`, count }],
      ),
    )
  }
}
