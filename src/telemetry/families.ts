/**
 * Families of metrics that are read from their owners when they are asked for: nothing is counted
 * twice, and what has gone (a member, a token) is not shown on. A registry of its own, none of the
 * library's global one.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { DurationsRead } from '../core/durations.js'

/** Takes a value and, in the order of the label names, its labels. */
export type Show = (value: number, ...labels: readonly string[]) => void
export type Read = (show: Show) => void | Promise<void>

/** Gauges of the library that are named as counters are: a lint of the text refuses them. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`)

export class Families {
  readonly #registry = new Registry()

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  gauge(name: string, help: string, labelNames: readonly string[], read: Read): void {
    const gauge: Gauge = new Gauge({
      ...{ name, help, labelNames: [...labelNames], registers: [this.#registry] },
      collect: async () => {
        gauge.reset()
        // Without labels `reset` leaves a zero; a number that is not known is not one.
        if (labelNames.length === 0) gauge.remove()
        await read((value, ...labels) => gauge.labels(...labels).set(value))
      },
    })
  }

  /** What it is told must not fall while the process runs. */
  counter(name: string, help: string, labelNames: readonly string[], read: Read): void {
    const counter: Counter = new Counter({
      ...{ name, help, labelNames: [...labelNames], registers: [this.#registry] },
      collect: async () => {
        counter.reset()
        await read((value, ...labels) => counter.labels(...labels).inc(value))
      },
    })
  }

  histogram(name: string, help: string, read: () => DurationsRead): void {
    new ReadHistogram(name, help, { registry: this.#registry, read })
  }
}

/** One that is counted elsewhere. */
class ReadHistogram extends Histogram {
  readonly #shown: () => object

  constructor(
    name: string,
    help: string,
    { registry, read }: { readonly registry: Registry; readonly read: () => DurationsRead },
  ) {
    super({ name, help, registers: [registry] })
    this.#shown = () => ({ name, help, type: 'histogram', values: samplesOf(name, read()) })
  }

  /** Of the library, which has no other way to set the counts of a histogram; not in its types. */
  getForPromString(): Promise<object> {
    return Promise.resolve(this.#shown())
  }
}

function samplesOf(name: string, { buckets, sumSeconds, count }: DurationsRead) {
  return [
    ...buckets.map(({ seconds, count: value }) => {
      return { metricName: `${name}_bucket`, labels: { le: boundOf(seconds) }, value }
    }),
    { metricName: `${name}_sum`, labels: {}, value: sumSeconds },
    { metricName: `${name}_count`, labels: {}, value: count },
  ]
}

function boundOf(seconds: number): string {
  return seconds === Infinity ? '+Inf' : `${seconds}`
}
