/**
 * What an operator is given to watch a node by (alert rules, a board) beside a real node, read by
 * the programs they are for: promtool and Prometheus.
 */
import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { readExposition } from '../support/exposition.js'
import { Fleet, PROGRAM } from '../support/fleet.js'
import { foreign, runForeign } from '../support/foreign.js'
import { freePort, Programs } from '../support/programs.js'
import { ALERTS, metricsIn, Prometheus } from '../support/prometheus.js'
import { ROOT } from '../support/source-tree.js'
import { until } from '../support/until.js'

const CONFIG = join(ROOT, 'config')
const BAD = '45.77.10.1'
/** Of Prometheus itself. */
const NOT_OURS = ['up']
const SEVERITIES = ['critical', 'warning', 'info']

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: { readonly summary: string; readonly description: string }
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; w: number; h: number }
  readonly targets?: readonly { readonly expr: string }[]
}

describe('telemetry: what an operator watches by', function () {
  this.timeout(120_000)
  const programs = new Programs()
  let fleet: Fleet
  let lab: LabProcess
  let text: string
  let ofEdge: string
  let targets: readonly string[]
  let token: string
  let alerts: readonly Alert[]
  let panels: readonly Panel[]

  before(async () => {
    await foreign('prometheus', 'promtool')
    const { groups } = parse(await readFile(ALERTS, 'utf8')) as { groups: { rules: Alert[] }[] }
    alerts = groups.flatMap(({ rules }) => rules)
    const board = JSON.parse(await readFile(join(CONFIG, 'grafana.json'), 'utf8')) as {
      panels: Panel[]
    }
    panels = board.panels
    fleet = await Fleet.open()
    // Nobody listens there: what is shown of a Redis is shown.
    lab = await fleet.lab('Lab A', { env: { TOCSIN_REDIS: 'redis://127.0.0.1:1' } })
    const b = await fleet.lab('Lab B')
    await Promise.all([lab.admit(b), b.admit(lab)])
    await b.request('POST', '/v1/reports', { type: 'ip', value: BAD })
    await until(async () => (await lab.check('ip', BAD))['action'] !== 'allow')
    const made = await lab.request('POST', '/v1/tokens', { name: 'watch', role: 'gateway' })
    token = made.body['token'] as string
    const port = await freePort()
    const edge = [
      process.execPath,
      PROGRAM,
      'edge',
      '--node',
      lab.api,
      '--api',
      `127.0.0.1:${port}`,
    ]
    await programs.start(edge, { cwd: fleet.folder, port, env: { TOCSIN_TOKEN: token } })
    targets = [new URL(lab.api).host, `127.0.0.1:${port}`]
    const headers = { authorization: `Bearer ${token}` }
    const shown = async (target: string) =>
      (await fetch(`http://${target}/metrics`, { headers })).text()
    text = await shown(targets[0]!)
    // Until it has its copy there is no age of one. A node that was not yet fresh when it gave it
    // says so with its next heartbeat, ten seconds later.
    await until(async () => (ofEdge = await shown(targets[1]!)).includes('{state="FRESH"} 1'), {
      timeoutMs: 30_000,
      what: 'the edge is fresh',
    })
  })
  after(async () => {
    await programs.stop()
    await fleet?.close()
  })

  it('promtool finds nothing wrong with what node and edge show, nor with the rules', async () => {
    for (const one of [text, ofEdge]) await runForeign('promtool', ['check', 'metrics'], one)
    await runForeign('promtool', ['check', 'rules', ALERTS])
    await runForeign('promtool', ['test', 'rules', join(CONFIG, 'alerts.test.yaml')])
    await assert.rejects(runForeign('promtool', ['check', 'metrics'], '# TYPE a counter\na 1\n'))
  })

  it('shows what passed between two nodes, and no value', () => {
    const read = readExposition(text)
    const heard = { direction: 'in', kind: 'report' }
    assert.equal(read.value('tocsin_statements_total', heard), 1)
    assert.equal(read.value('tocsin_enforcement_lag_seconds_count'), 1)
    assert.ok(read.value('tocsin_enforcement_lag_seconds_sum') < 30)
    const asked = { type: 'net.ipv4', action: 'throttle' }
    assert.ok(read.value('tocsin_look_ups_total', asked) >= 1)
    assert.ok(read.value('tocsin_commit_seconds_count') >= 1)
    assert.equal(read.value('tocsin_policy_mistakes'), 0)
    assert.ok(!text.includes(BAD) && !text.includes(token))
  })

  it('every alert and panel asks for what a node or an edge shows', () => {
    const [node, edge] = [text, ofEdge].map((one) => readExposition(one).types)
    const types = new Set([...node!.keys(), ...edge!.keys()])
    const queries = [
      ...alerts.map(({ alert, expr }) => [alert, expr]),
      ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr])),
    ] as const
    const unknown = queries.flatMap(([where, query]) => {
      const names = metricsIn(query!)
      assert.ok(names.length > 0, where)
      return names
        .filter((name) => !types.has(name) && !NOT_OURS.includes(name))
        .map((name) => `${where}: ${name}`)
    })
    assert.deepEqual(unknown, [])
  })

  it('every alert says how bad it is, what it is, and which command mends it', async () => {
    for (const { alert, labels, annotations } of alerts) {
      assert.ok(SEVERITIES.includes(labels['severity']!), alert)
      assert.ok(annotations.summary.length > 0, alert)
      assert.match(annotations.description, /`tocsin [a-z]/, alert)
      // Labels of series alone: nothing that is reported is in them.
      const shown = JSON.stringify(annotations).match(/\{\{[^}]*\}\}/g) ?? []
      for (const template of shown) {
        assert.match(template, /\$value|\$labels\.(?:instance|member|consumer|code) /, alert)
      }
    }
    const tried = await readFile(join(CONFIG, 'alerts.test.yaml'), 'utf8')
    const untried = alerts.filter(({ alert }) => !tried.includes(`alertname="${alert}", `))
    assert.deepEqual(untried, [])
  })

  it('the board is whole: one place and one number for each panel', () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    const taken = new Set<string>()
    for (const { title, gridPos } of panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title)
      for (let x = 0; x < gridPos.w; x++) {
        for (let y = 0; y < gridPos.h; y++) {
          const cell = `${gridPos.x + x} ${gridPos.y + y}`
          assert.ok(!taken.has(cell), `${title} lies on another panel`)
          taken.add(cell)
        }
      }
    }
  })

  it('Prometheus scrapes with a gateway’s token, and runs every rule and query', async () => {
    const cwd = join(fleet.folder, 'prometheus')
    await mkdir(cwd)
    const prometheus = await Prometheus.start(programs, cwd, { targets, token })
    const valueOf = async (query: string) => (await prometheus.ask(query))[0]?.value[1]
    await until(async () => (await valueOf('sum(up)')) === '2', { timeoutMs: 20_000 })
    await until(async () => (await valueOf('tocsin_replica_state{state="FRESH"}')) === '1')
    await until(async () => (await valueOf('tocsin_live_keys{type="net.ipv4"}')) === '1')
    const lagged = 'tocsin_enforcement_lag_seconds_bucket{le="+Inf"}'
    assert.equal(await valueOf(lagged), '1')
    await until(async () => (await prometheus.rules()).every(({ health }) => health === 'ok'))
    assert.equal((await prometheus.rules()).length, alerts.length)
    for (const { targets = [] } of panels) {
      for (const { expr } of targets) {
        const query = expr
          .replaceAll('$job', 'tocsin')
          .replaceAll('$instance', '.*')
          .replaceAll('$__rate_interval', '1m')
        await prometheus.ask(query)
      }
    }
    const wrong = prometheus.ask('rate(up)')
    await assert.rejects(wrong, /range vector/)
  })
})
