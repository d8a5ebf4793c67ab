/**
 * What a mark forbids to leave is in no exit of what is known here, whoever says it and whichever
 * token asks. Each claim has a campaign of its own, so that one that leaves is known by it wherever
 * it stands.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { TLP } from '../../src/core/codes.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { typeByName } from '../../src/core/indicator.js'
import { DAY_MS } from '../../src/core/limits.js'
import type { TokenTlp } from '../../src/core/own-rows.js'
import { toWire } from '../../src/core/statement.js'
import { hyphened } from '../../src/exchange/stix-object.js'
import { hashToken } from '../../src/http/access.js'
import { COLLECTIONS } from '../../src/http/dialects/taxii-collections.js'
import { forge } from '../support/forge.js'
import { NOW, seedOf } from '../support/lab.js'
import { anyTlp } from '../support/policies.js'
import { openApi, type Api } from './api.js'

const LEVELS = ['amber', 'green', 'clear'] as const
const MEMBERS = ['Lab B', 'Lab C'] as const
const FORMATS = ['ndjson', 'csv', 'text', 'stix', 'misp']

interface Said {
  readonly n: number
  readonly tlp: number
  readonly category: number
}
const said = fc.record({ n: fc.nat(9), tlp: anyTlp, category: fc.nat(7) })
const valueOf = (n: number) => `203.0.113.${n}`
const campaignOf = (text: string) => createHash('md5').update(text).digest('hex')
const places = [
  ...FORMATS.map((format) => `/v1/export?format=${format}`),
  ...COLLECTIONS.flatMap(({ id }) =>
    ['objects', 'manifest'].map((what) => `/taxii2/tocsin/collections/${id}/${what}/`),
  ),
  '/misp/hashes.csv',
]

/** Signed by a member whose own door is not ours. */
async function hear(api: Api, member: string, seq: number, statements: readonly Said[]) {
  const [type, until] = [typeByName('net.ipv4')!.code, NOW + DAY_MS]
  const rest = { confidence: 80, action: 4, pap: 3, firstHand: true, evidence: 0, labels: [] }
  const wires = statements.map(({ n, tlp, category }, i) =>
    toWire({
      ...{ kind: 'report', until, type, value: valueOf(n), tlp, category, ...rest },
      campaign: campaignOf(`${member} ${i}`),
    }),
  )
  const given = { seed: seedOf(member), networkId: OPEN_FEDERATION.networkId, seq }
  const bytes = forge({ ...given, time: NOW, expires: until, statements: wires })
  const judged = api.lab.intake.accept(bytes, { via: 'gossip', from: api.lab.own })
  assert.equal((await judged.committed).status, 'accepted')
}

/** Everything that this token may fetch, in one text. */
async function everythingFor(api: Api, level: TokenTlp): Promise<string> {
  const headers = { authorization: `Bearer ${level}` }
  const texts: string[] = []
  const get = async (path: string) => {
    const { status, text } = await api.ask('GET', path, { headers })
    assert.equal(status, 200, `${path} ${text}`)
    texts.push(text)
    return text
  }
  for (const path of places) await get(path)
  const manifest = JSON.parse(await get('/misp/manifest.json')) as Record<string, unknown>
  for (const event of Object.keys(manifest)) await get(`/misp/${event}.json`)
  return texts.join('\n')
}

describe('http: what a mark forbids', function () {
  this.timeout(60_000)

  it('leaves by no exit, whatever is said and whoever asks', async () => {
    let left = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(said, { minLength: 1, maxLength: 12 }),
        fc.array(said, { maxLength: 12 }),
        async (ofB, ofC) => {
          const api = await openApi()
          // So that nothing of a MISP feed is of the second that is running.
          api.lab.time.now = NOW + 999
          try {
            for (const tlp of LEVELS) {
              const token = { name: tlp, role: 'operator', hash: hashToken(tlp), tlp } as const
              await api.lab.addToken({ ...token, createdMs: NOW })
            }
            const claims = await heard(api, [ofB, ofC])
            await api.ask('GET', '/misp/manifest.json', { as: 'gateway' })
            api.lab.time.now += 1_000
            for (const level of LEVELS) {
              const text = await everythingFor(api, level)
              left += judge(text, claims, TLP.code(level))
            }
          } finally {
            await api.stop()
          }
        },
      ),
      { numRuns: 25 },
    )
    assert.ok(left > 50, 'what may leave did')
  })

  /** What each member claims in the end: the last word on a value. */
  async function heard(api: Api, words: readonly (readonly Said[])[]) {
    const claims: { readonly said: Said; readonly campaign: string }[] = []
    for (const [i, member] of MEMBERS.entries()) {
      await api.lab.admit(member)
      const list = words[i]!
      if (list.length > 0) await hear(api, member, 1, list)
      const last = new Map(list.map((one, at) => [one.n, { one, at }]))
      for (const { one, at } of last.values()) {
        claims.push({ said: one, campaign: campaignOf(`${member} ${at}`) })
      }
    }
    return claims
  }

  function judge(
    text: string,
    claims: readonly { readonly said: Said; readonly campaign: string }[],
    level: number,
  ): number {
    const least = Math.max(level, TLP.code('amber'))
    let left = 0
    const free = new Set(claims.filter(({ said }) => said.tlp >= least).map(({ said }) => said.n))
    for (const { said, campaign } of claims) {
      const isThere = text.includes(campaign) || text.includes(hyphened(campaign))
      assert.equal(isThere, said.tlp >= least, `${TLP.name(said.tlp)!} for ${level}`)
      if (isThere) left++
      if (free.has(said.n)) continue
      const hash = createHash('md5').update(valueOf(said.n)).digest('hex')
      assert.ok(!text.includes(`${valueOf(said.n)}"`) && !text.includes(hash), 'a value left')
      assert.ok(!text.includes(`${valueOf(said.n)}\n`) && !text.includes(`${valueOf(said.n)},`))
    }
    return left
  }
})
