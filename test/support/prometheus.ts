/** A real Prometheus over one node, as an operator sets it up; and what names a query holds. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, type Programs } from './programs.js'
import { ROOT } from './source-tree.js'
import { until } from './until.js'

export const ALERTS = join(ROOT, 'config', 'alerts.yaml')

export interface Sampled {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [seconds: number, value: string]
}

export interface Rule {
  readonly name: string
  readonly query: string
  readonly health: string
  readonly lastError?: string
}

export class Prometheus {
  private constructor(readonly address: string) {}

  static async start(
    programs: Programs,
    cwd: string,
    { targets, token }: { readonly targets: readonly string[]; readonly token: string },
  ): Promise<Prometheus> {
    const port = await freePort()
    await writeFile(join(cwd, 'token'), token)
    await writeFile(
      join(cwd, 'prometheus.yml'),
      `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${ALERTS}]
scrape_configs:
  - job_name: tocsin
    authorization: { type: Bearer, credentials_file: token }
    static_configs: [{ targets: ${JSON.stringify(targets)} }]
`,
    )
    const command = [
      'prometheus',
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
    ]
    const { said } = await programs.start(command, { cwd, port })
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`)
    const isReady = async () => (await fetch(`${prometheus.address}/-/ready`)).ok
    await until(isReady, { timeoutMs: 20_000, what: `Prometheus is ready: ${said()}` })
    return prometheus
  }

  /** Throws what Prometheus says of a query it cannot read. */
  async ask(query: string): Promise<readonly Sampled[]> {
    const { result } = await this.#get<{ result: readonly Sampled[] }>('query', { query })
    return result
  }

  /** Of the rule file, evaluated. */
  async rules(): Promise<readonly Rule[]> {
    const { groups } = await this.#get<{ groups: readonly { rules: readonly Rule[] }[] }>('rules')
    return groups.flatMap(({ rules }) => rules)
  }

  async #get<Data>(what: string, query: Readonly<Record<string, string>> = {}): Promise<Data> {
    const asked = new URLSearchParams(query).toString()
    const answer = await fetch(`${this.address}/api/v1/${what}?${asked}`)
    const body = (await answer.json()) as { data?: Data; error?: string }
    if (body.data === undefined) throw new Error(`${asked}: ${body.error}`)
    return body.data
  }
}

const WORDS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'by', 'on', 'without', 'ignoring'])

/** Names of the metrics in a query, without what a histogram adds. */
export function metricsIn(query: string): string[] {
  const bare = query
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replace(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, '')
  return [...bare.matchAll(/(?<![\w.$])[a-z_]\w*(?!\w|\s*\()/g)]
    .map(([name]) => name.replace(/_bucket$/, ''))
    .filter((name) => !WORDS.has(name))
}
