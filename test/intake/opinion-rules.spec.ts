/** Sightings and disputes as our own voice says them: meant, refused, standing. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { open } from '../../src/core/envelope.js'
import { peerNameOf } from '../../src/core/identity.js'
import { DAY_MS, HOUR_MS, LIMITS } from '../../src/core/limits.js'
import { putMember } from '../../src/core/roster.js'
import type { Statement } from '../../src/core/statement.js'
import { hand, memoryDatabase, NOW, openLab, ownOf, type Lab } from '../support/lab.js'

const IP = { type: 'ip', value: '198.51.100.7' }
const WRONG = { ...IP, reason: 'wrong-value' }
const WITHDRAWN = { ...IP, reason: 'withdrawn' }

/** A and B report the same address; C, who hears both, is asked. */
async function three(): Promise<{ a: Lab; b: Lab; c: Lab }> {
  const [a, b, c] = [await openLab('a'), await openLab('b'), await openLab('c')]
  await c.admit('Lab A', 'corroborate', 'member', 'a')
  await c.admit('Lab B', 'corroborate', 'member', 'b')
  for (const lab of [a, b]) {
    await lab.voice.report([IP])
    await hand(lab, c)
  }
  return { a, b, c }
}

const said = (lab: Lab): Statement[] =>
  lab.published.flatMap((bytes) => {
    const opened = open(bytes)
    return opened.ok ? (opened.value.statements as Statement[]) : assert.fail(opened.code)
  })
const codeOf = ([result]: readonly { code?: string; status: string }[]) =>
  result!.code ?? result!.status

describe('our own voice: disputes', () => {
  it('without a member everybody is meant, for the longest life of the type', async () => {
    const { c } = await three()
    assert.equal(codeOf(await c.voice.dispute([WRONG])), 'accepted')
    const [dispute] = said(c)
    assert.deepEqual(dispute, {
      ...{ kind: 'dispute', type: 1, value: IP.value, author: null, reason: 3 },
      until: NOW + 7 * DAY_MS,
    })
    const { action, reasons } = c.check('ip', IP.value)
    assert.deepEqual(
      [action, reasons.map(({ held }) => held)],
      ['observe', Array(2).fill('disputed-here')],
    )
  })

  it('of a member, by name or PeerId, one for each of its keys with a live report', async () => {
    const { c } = await three()
    const keys = ['b', 'b2', 'b3'].map((key) => ({ author: ownOf(key), addresses: [] }))
    const member = { name: 'Lab B', role: 'member', trust: 'corroborate', addedMs: NOW } as const
    await c.lists.change(putMember({ ...member, keys }))
    const second = await openLab('b2')
    await second.voice.report([IP])
    await hand(second, c)
    for (const named of ['Lab B', peerNameOf(ownOf('b3'))]) {
      const before = said(c).length
      const [result] = await c.voice.dispute([{ ...WRONG, member: named }])
      assert.equal(result!.status, before === 0 ? 'accepted' : 'duplicate')
    }
    const authors = said(c).map((one) => (one.kind === 'dispute' ? one.author : undefined))
    assert.deepEqual(authors.sort(), [ownOf('b'), ownOf('b2')].sort())
    const { action, reasons } = c.check('ip', IP.value)
    const held = new Map(reasons.map((reason) => [reason.member, reason.held]))
    assert.deepEqual([action, held.get('Lab B')], ['throttle', 'disputed-here'])
    assert.equal(held.get('Lab A'), 'needs-more-members')
  })

  it('refuses what is ours to revoke, what nobody says, and whom nobody knows', async () => {
    const { c } = await three()
    const alone = { type: 'ip', value: '198.51.100.8' }
    await c.voice.report([alone])
    const cases: [object, string][] = [
      [{ ...alone, reason: 'stale' }, 'own-report'],
      [{ ...WRONG, member: 'c' }, 'own-report'],
      [{ ...WRONG, member: peerNameOf(c.own) }, 'own-report'],
      [{ ...WRONG, value: '198.51.100.9' }, 'nothing-to-dispute'],
      [{ ...WRONG, member: peerNameOf(ownOf('stranger')) }, 'nothing-to-dispute'],
      [{ ...WRONG, member: 'Lab Z' }, 'member-unknown'],
      [{ ...IP, reason: 'because' }, 'reason-unknown'],
      [{ ...WRONG, value: '300.1.2.3' }, 'ipv4-malformed'],
      [WITHDRAWN, 'nothing-to-withdraw'],
    ]
    const results = await c.voice.dispute(cases.map(([item]) => item as typeof WRONG))
    assert.deepEqual(
      results.map(({ code }) => code),
      cases.map(([, code]) => code),
    )
    assert.equal(said(c).length, 1)
  })

  it('the same again is a duplicate until it prolongs by a tenth', async () => {
    const { c } = await three()
    assert.equal(codeOf(await c.voice.dispute([WRONG])), 'accepted')
    assert.equal(codeOf(await c.voice.dispute([WRONG])), 'duplicate')
    assert.equal(codeOf(await c.voice.dispute([{ ...WRONG, reason: 'stale' }])), 'accepted')
    c.time.now += 16 * HOUR_MS
    assert.equal(codeOf(await c.voice.dispute([{ ...WRONG, reason: 'stale' }])), 'duplicate')
    c.time.now += 2 * HOUR_MS
    assert.equal(codeOf(await c.voice.dispute([{ ...WRONG, reason: 'stale' }])), 'accepted')
  })

  it('a withdrawal takes all disputes of ours back for good, also within one request', async () => {
    const { c } = await three()
    await c.voice.dispute([WRONG, { ...WRONG, member: 'Lab A' }])
    c.time.now += HOUR_MS
    assert.equal(codeOf(await c.voice.dispute([WITHDRAWN])), 'accepted')
    assert.equal(codeOf(await c.voice.dispute([WITHDRAWN])), 'duplicate')
    assert.equal(c.check('ip', IP.value).action, 'block')
    const [first, second] = await c.voice.dispute([WRONG, WITHDRAWN])
    assert.deepEqual([first!.status, second!.status], ['accepted', 'accepted'])
    assert.equal(c.check('ip', IP.value).action, 'block')
    const ends = said(c).map(({ until }) => until)
    assert.equal(ends.at(-1), Math.max(...ends))
  })

  it('a withdrawal that names a member leaves the dispute of another', async () => {
    const { c } = await three()
    await c.voice.dispute(['Lab A', 'Lab B'].map((member) => ({ ...WRONG, member })))
    assert.equal(c.check('ip', IP.value).action, 'observe')
    assert.equal(codeOf(await c.voice.dispute([{ ...WITHDRAWN, member: 'Lab A' }])), 'accepted')
    const held = c.check('ip', IP.value).reasons.map(({ member, held }) => [member, held])
    assert.deepEqual(held.sort(), [
      ['Lab A', 'needs-more-members'],
      ['Lab B', 'disputed-here'],
    ])
  })
})

describe('our own voice: sightings', () => {
  it('lives as long as a report would, says the day, and is said once', async () => {
    const { c } = await three()
    const many = { ...IP, count: '5-19' }
    assert.equal(codeOf(await c.voice.sight([many])), 'accepted')
    assert.equal(codeOf(await c.voice.sight([many])), 'duplicate')
    assert.deepEqual(said(c), [
      {
        ...{ kind: 'sighting', type: 1, value: IP.value, count: 2 },
        ...{ day: Math.floor(NOW / DAY_MS), until: NOW + DAY_MS },
      },
    ])
    assert.equal(codeOf(await c.voice.sight([{ ...IP, count: '20-99' }])), 'accepted')
    assert.equal(codeOf(await c.voice.sight([{ ...IP, count: 'many' }])), 'count-unknown')
    assert.equal(codeOf(await c.voice.sight([{ ...IP, count: 'unspecified' }])), 'count-unknown')
    const sub = { type: 'email-domain', value: 'mail.example.org' }
    assert.equal(codeOf(await c.voice.sight([sub])), 'not-registrable')
  })
})

describe('our own voice: whatever it is asked', () => {
  it('it says nothing void, and every answer of a receipt is the first one', async () => {
    const text = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('ip', IP.value, '5-19', 'stale'),
    )
    const type = fc.oneof(
      text,
      fc.constantFrom('ip', 'domain', 'asn', 'cidr', 'ua', 'email', 'ja4'),
    )
    const value = fc.oneof(
      text,
      fc.ipV4(),
      fc.ipV4().map((ip) => `${ip}/1`),
      fc.domain(),
      fc.constant(IP.value),
    )
    const ask = fc.record({ type, value, count: text, reason: text, member: text })
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { maxLength: 8 }), async (asks) => {
        const lab = await openLab('asked', { database: memoryDatabase() })
        const receipt = 'ab'.repeat(32)
        const items = asks.map(({ type, value, count }) => ({ type, value, count }))
        const first = await lab.voice.sight(items, { receipt })
        await lab.voice.report(asks.map(({ type, value }) => ({ type, value })))
        await lab.voice.dispute(asks)
        for (const statement of said(lab)) {
          assert.notEqual(statement.kind, 'void' as string)
          assert.ok(statement.until <= NOW + LIMITS.lifeMsMax)
        }
        const again = await lab.voice.sight(items, { receipt })
        const strip = (results: readonly { status: string; envelope?: string }[]) =>
          results.map(({ status, envelope }) => [status, envelope])
        assert.deepEqual(first.length === 0 ? [] : strip(again), strip(first))
      }),
      { numRuns: 60 },
    )
  })
})
