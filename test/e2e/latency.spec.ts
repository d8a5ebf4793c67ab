/**
 * How long one report takes to change the verdict at the others, beside bare gossipsub that
 * verifies and stores messages of the same size, asked in the same way in the same run. Prints;
 * asserts only that everything arrived, and that the ratio is not absurd.
 */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { until } from '../../src/cli/lab-process.js'
import { Fleet, quantile } from '../support/fleet.js'

const REPORTS = process.env['TOCSIN_LONG'] ? 200 : 40
const ENVELOPE_BYTES = 330

interface Bare {
  readonly child: ChildProcess
  ask(path: string, body?: string): Promise<unknown>
}

async function bare(): Promise<Bare> {
  const file = fileURLToPath(new URL('../support/bare-gossip.ts', import.meta.url))
  const shim = new URL('../../src/node20.ts', import.meta.url).href
  const child = fork(file, { execArgv: ['--import', 'tsx', '--import', shim], silent: false })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { port: number }).port))
    child.once('exit', (code) => reject(new Error(`the reference ended with ${code}`)))
  })
  const ask = async (path: string, body?: string) => {
    const options = body === undefined ? {} : { method: 'POST', body }
    return (await fetch(`http://127.0.0.1:${port}${path}`, options)).json()
  }
  return { child, ask }
}

function row(name: string, values: readonly number[]): string {
  const at = (q: number) => `${quantile(values, q).toFixed(1)} ms`
  return `${name} p50 ${at(0.5)}, p99 ${at(0.99)}`
}

describe('from a report to the others’ verdicts', function () {
  this.timeout(300_000)
  let fleet: Fleet
  let labs: LabProcess[]
  const references: Bare[] = []

  before(async () => {
    fleet = await Fleet.open()
    labs = await fleet.mesh('Lab A', 'Lab B', 'Lab C')
    for (let i = 0; i < 3; i++) references.push(await bare())
    for (const one of references) {
      const address = (await one.ask('/addr')) as string
      for (const other of references) if (other !== one) await other.ask('/dial', address)
    }
    await until('the reference meshes', async () => {
      const peers = await Promise.all(references.map((one) => one.ask('/peers')))
      return peers.every((count) => count === 2)
    })
  })
  after(async () => {
    for (const { child } of references) child.disconnect()
    await fleet.close()
  })

  it(`${REPORTS} reports: throttle by one, block by two`, async () => {
    const [a, b] = labs as [LabProcess, LabProcess, LabProcess]
    const throttled: number[] = []
    const blocked: number[] = []
    const plain: number[] = []
    const acts = (ip: string, action: string, at: readonly LabProcess[]) =>
      until(
        `${ip} ${action}`,
        async () => {
          const all = await Promise.all(at.map((lab) => lab.check('ip', ip)))
          return all.every((verdict) => verdict['action'] === action)
        },
        20_000,
        1,
      )
    for (let i = 0; i < REPORTS; i++) {
      const ip = `198.51.100.${i}`
      const started = performance.now()
      await a.request('POST', '/v1/reports', { type: 'ip', value: ip })
      await acts(ip, 'throttle', labs.slice(1))
      throttled.push(performance.now() - started)
      const second = performance.now()
      await b.request('POST', '/v1/reports', { type: 'ip', value: ip })
      await acts(ip, 'block', labs)
      blocked.push(performance.now() - second)
      plain.push(await throughBare(references))
    }
    const ratio = (q: number) => (quantile(throttled, q) / quantile(plain, q)).toFixed(2)
    console.log(
      `      ${row('report → throttle at B and C', throttled)}\n` +
        `      ${row('second report → block at all', blocked)}\n` +
        `      ${row('bare gossipsub, verify + synced put', plain)}\n` +
        `      ratio p50 ${ratio(0.5)}, p99 ${ratio(0.99)} (both through HTTP, polled alike)`,
    )
    assert.ok(quantile(throttled, 0.5) < 1_000)
  })
})

/** One message of the same size through the reference, until both others hold it. */
async function throughBare(references: readonly Bare[]): Promise<number> {
  const bytes = randomBytes(ENVELOPE_BYTES)
  const id = createHash('sha256').update(bytes).digest('hex')
  const started = performance.now()
  await references[0]!.ask('/publish', bytes.toString('hex'))
  await until(
    'the reference holds it',
    async () => {
      const held = await Promise.all(references.slice(1).map((one) => one.ask(`/has?id=${id}`)))
      return held.every((has) => has === true)
    },
    20_000,
    1,
  )
  return performance.now() - started
}
