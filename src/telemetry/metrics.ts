/**
 * What `/metrics` shows, in Prometheus' text form: read from the node's parts when it is asked for,
 * so a number cannot drift from what `status` says.
 *
 * Labels come from closed sets (states, outcomes, codes, types) and from the roster and the tokens
 * (names, PeerIds); an indicator's value is never one. Units are seconds and bytes.
 */
import type { Scrape } from '../core/ports.js'
import { Families } from './families.js'
import { showHealth, type HealthParts } from './health-metrics.js'
import { showMembers, type MemberParts } from './member-metrics.js'
import { showMesh, type MeshParts } from './mesh-metrics.js'
import { showMirror, type MirrorParts } from './mirror-metrics.js'
import { showState, type StateParts } from './state-metrics.js'
import { showTraffic, type TrafficParts } from './traffic-metrics.js'

export interface MetricsDependencies
  extends HealthParts, MemberParts, MeshParts, MirrorParts, StateParts, TrafficParts {}

export class Metrics implements Scrape {
  readonly contentType: string
  readonly #families = new Families()

  constructor({ version }: { readonly version: string }, parts: MetricsDependencies) {
    this.contentType = this.#families.contentType
    this.#families.gauge('tocsin_build_info', 'Version of the program.', ['version'], (show) =>
      show(1, version),
    )
    showState(this.#families, parts)
    showMembers(this.#families, parts)
    showMesh(this.#families, parts)
    showTraffic(this.#families, parts)
    showHealth(this.#families, parts)
    showMirror(this.#families, parts)
  }

  text(): Promise<string> {
    return this.#families.text()
  }
}
