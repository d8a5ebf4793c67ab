/**
 * Two in the morning: a customer is kept out by what other labs reported, and whoever is on call
 * holds a decision id and nothing else. Three commands reach who reported it, the evidence, whom
 * it has met, and the release; in under a minute.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until, type LabProcess } from '../../src/cli/lab-process.js'
import { MINUTE_MS } from '../../src/core/limits.js'
import { Fleet, PROGRAM } from '../support/fleet.js'

const CUSTOMER = '203.0.113.77'
const LOOK_UPS = 3

describe('drill: from a decision id to a released customer', function () {
  this.timeout(120_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess, c: LabProcess
  let token: string

  before(async () => {
    fleet = await Fleet.open()
    const names = ['Lab A', 'Lab B', 'Lab C']
    ;[a, b, c] = (await fleet.mesh(...names)) as [LabProcess, LabProcess, LabProcess]
    const made = await a.request('POST', '/v1/tokens', { name: 'gateway', role: 'gateway' })
    token = made.body['token'] as string
    const reports = { type: 'ip', value: CUSTOMER, category: 'reseller-proxy' }
    for (const lab of [b, c]) await lab.request('POST', '/v1/reports', reports)
    const isKeptOut = async () => (await action(a)) === 'block'
    await until('the customer is kept out', isKeptOut)
  })
  after(() => fleet.close())

  const action = async (lab: LabProcess) => {
    // No look-up: those are the gateway's, and counted.
    const { body } = await lab.request('POST', '/v1/explain', { type: 'ip', value: CUSTOMER })
    return (body['verdict'] as { action: string }).action
  }
  /** As the gateway asks. */
  const lookUp = async () => {
    const headers = { 'x-api-key': token, connection: 'close' }
    const url = `${a.api}/v1/check?type=ip&value=${CUSTOMER}`
    return (await (await fetch(url, { headers })).json()) as { action: string; decisionId: string }
  }

  it('who, the evidence, whom it met, and the release: three commands, a minute', async () => {
    for (let i = 1; i < LOOK_UPS; i++) await lookUp()
    const { decisionId } = await lookUp()
    const began = performance.now()
    const evidence = join(fleet.folder, 'evidence.json')
    const explained = await fleet.cli(a, 'explain', decisionId, '--evidence', evidence)
    assert.equal(explained.code, 0, explained.stderr)
    for (const fact of facts()) assert.match(explained.stdout, fact)
    const lines = linesToPaste(explained.stdout)
    assert.equal(lines.length, 2)
    const said = [await paste(a, lines[0]!), await paste(a, lines[1]!)]
    assert.match(said[0]!, /^allowed .* → allow$/m)
    assert.match(said[1]!, /^disputed /)
    assert.equal((await lookUp()).action, 'allow')
    const tookMs = performance.now() - began
    console.log(`      ${(tookMs / 1000).toFixed(1)} s from the decision id to the release`)
    assert.ok(tookMs < MINUTE_MS)
    assert.equal((await fleet.cli(undefined, 'verify', '--proof', evidence)).code, 0)
    assert.match(await readFile(evidence, 'utf8'), new RegExp(CUSTOMER))
  })

  it('the others know that A disputes it', async () => {
    const disputed = async (lab: LabProcess) => {
      const { text } = await lab.request('POST', '/v1/explain', { type: 'ip', value: CUSTOMER })
      return text.includes('"disputedBy":["Lab A"]')
    }
    for (const lab of [b, c]) await until(`${lab.name} knows`, () => disputed(lab))
  })
})

/** Into the shell of somebody who works on a lab's folder. */
async function paste({ data }: LabProcess, line: string): Promise<string> {
  const tocsin = `tocsin() { "${process.execPath}" "${PROGRAM}" "$@"; }`
  const env = { ...process.env, TOCSIN_DATA: data }
  return (await promisify(execFile)('bash', ['-c', `${tocsin}\n${line}`], { env })).stdout
}

/** What whoever is on call has to know. */
function facts(): RegExp[] {
  return [
    new RegExp(`^decided block at .* on net\\.ipv4 ${CUSTOMER.replaceAll('.', '\\.')}$`, 'm'),
    ...['Lab B', 'Lab C'].map(
      (name) => new RegExp(`^  ${name} \\(corroborate\\): report asks block, confidence 80`, 'm'),
    ),
    /^ {4}reseller-proxy, tlp amber/m,
    /^ {4}said \d{4}-.* in envelope 1 of 12D3Koo\w+\n {4}[0-9a-f]{64}$/m,
    new RegExp(`^Met ${LOOK_UPS} look-ups here in the last 24 h \\(block ${LOOK_UPS}\\)`, 'm'),
  ]
}

/** Its last lines, as they are pasted. */
function linesToPaste(text: string): string[] {
  const [, after = ''] = text.split('\nTo release a customer\n')
  return after.trimEnd().split('\n')
}
