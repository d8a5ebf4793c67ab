/**
 * Two labs and the tools beside them: a TAXII client that reads one of them in pages while both go
 * on reporting and the node is killed; and what one lab exports, taken in by a third.
 */
import assert from 'node:assert/strict'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { COLLECTIONS } from '../../src/http/dialects/taxii-collections.js'
import { equal, Fleet } from '../support/fleet.js'
import { readStix } from '../support/strict-stix.js'

interface StixObject {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly modified: string
  readonly revoked?: boolean
}
interface Page {
  readonly more: boolean
  readonly next?: string
  readonly objects: readonly StixObject[]
}

const addressOf = (n: number) => `45.${7 + (n >> 8)}.${n & 255}.7`

/** Keeps what it was told, and its place. */
class Reader {
  readonly objects = new Map<string, StixObject>()
  readonly #seen = new Set<string>()
  readonly #authorization: string
  #query = ''

  constructor(token: string) {
    this.#authorization = `Basic ${Buffer.from(`tip:${token}`).toString('base64')}`
  }

  /** Whether there is more. Throws where the node does not answer. */
  async read(lab: LabProcess, limit: number): Promise<boolean> {
    const path = `/taxii2/tocsin/collections/${COLLECTIONS[0]!.id}/objects/?limit=${limit}`
    const headers = { authorization: this.#authorization }
    const answer = await fetch(`${lab.api}${path}${this.#query}`, { headers })
    assert.equal(answer.status, 200)
    const { objects, more, next } = (await answer.json()) as Page
    for (const object of objects) {
      readStix({ ...object })
      const version = `${object.id} ${object.modified}`
      assert.ok(!this.#seen.has(version), 'told twice')
      this.#seen.add(version)
      this.objects.set(object.id, object)
    }
    const last = answer.headers.get('x-taxii-date-added-last')
    if (more) this.#query = `&next=${next!}`
    else if (last !== null) this.#query = `&added_after=${last}`
    return more
  }

  live(): string[] {
    return [...this.objects.values()]
      .filter(({ type, revoked }) => type === 'indicator' && revoked !== true)
      .map(({ name }) => name)
      .sort()
  }
}

describe('e2e: exchange', function () {
  this.timeout(120_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess
  before(async () => {
    fleet = await Fleet.open()
    ;[a, b] = (await fleet.mesh('Lab A', 'Lab B')) as [LabProcess, LabProcess]
  })
  after(() => fleet.close())

  const report = (lab: LabProcess, from: number, to: number) =>
    lab.request(
      'POST',
      '/v1/reports',
      Array.from({ length: to - from }, (_, i) => ({ type: 'ip', value: addressOf(from + i) })),
    )
  const revoke = (lab: LabProcess, ...values: number[]) =>
    lab.request(
      'POST',
      '/v1/revocations',
      values.map((n) => ({ type: 'ip', value: addressOf(n), reason: 'no-longer-seen' })),
    )

  it('a client reads in pages while reports go on and the node is killed', async () => {
    const { body } = await b.request('POST', '/v1/tokens', { name: 'tip', role: 'gateway' })
    const reader = new Reader(String(body['token']))
    await report(a, 0, 200)
    await report(b, 200, 300)
    await equal([a, b])
    for (let page = 0; page < 4; page++) {
      await reader.read(b, 30)
      await report(a, 300 + 20 * page, 320 + 20 * page)
      await revoke(a, page, 50 + page)
    }
    await b.end('SIGKILL')
    await report(a, 400, 440)
    await assert.rejects(reader.read(b, 30))
    await b.start()
    await equal([a, b])
    await revoke(b, 205, 206)
    while (await reader.read(b, 30));
    const expected = Array.from({ length: 440 }, (_, n) => n)
      .filter((n) => n < 300 || n < 380 || n >= 400)
      .filter((n) => ![0, 1, 2, 3, 50, 51, 52, 53, 205, 206].includes(n))
      .map(addressOf)
      .sort()
    assert.deepEqual(reader.live(), expected)
  })
})
