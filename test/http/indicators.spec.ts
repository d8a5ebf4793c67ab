/** The listing of what is live: filters, holds, and pages that survive changes between them. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { keyOf, type Indicator } from '../../src/core/indicator.js'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import { cursorOf, keyAt, pageOf } from '../../src/lookup/page.js'
import { report, revocation, T0 } from '../support/samples.js'
import { hand, NOW, openLab, type Lab } from '../support/lab.js'
import { canonical, Stage } from '../support/stage.js'
import { openApi, type Api } from './api.js'

interface Row {
  readonly type: string
  readonly value: string
  readonly action: string
  readonly reasons: readonly { readonly held?: string }[]
}
interface Page {
  readonly indicators: readonly Row[]
  readonly cursor?: string
}

describe('http: indicators', () => {
  let api: Api
  let b: Lab
  before(async () => {
    api = await openApi()
    b = await openLab('B', { time: api.lab.time })
    await api.lab.admit('Lab B', 'corroborate', 'member', 'B')
    await api.lab.voice.report([
      { type: 'ip', value: '198.51.100.7' },
      { type: 'ip', value: '198.51.100.8' },
      { type: 'domain', value: 'bad.example' },
    ])
    api.lab.time.now += HOUR_MS
    await b.voice.report([
      { type: 'ip', value: '198.51.100.9' },
      { type: 'asn', value: '64496', firstHand: false },
      { type: 'ip', value: '2001:db8::1', action: 'throttle' },
    ])
    await hand(b, api.lab)
  })
  after(() => api.stop())

  const page = async (query = ''): Promise<Page> => {
    const { status, body, text } = await api.ask('GET', `/v1/indicators${query}`, {
      as: 'operator',
    })
    assert.equal(status, 200, text)
    return body as unknown as Page
  }
  const values = ({ indicators }: Page): string[] => indicators.map(({ value }) => value)

  it('each key with its verdict and what is held, in the order of keys', async () => {
    const all = await page()
    assert.equal(all.cursor, undefined)
    assert.deepEqual(
      all.indicators.map(({ value, action, reasons }) => [value, action, reasons[0]!.held]),
      [
        ['198.51.100.7', 'block', undefined],
        ['198.51.100.8', 'block', undefined],
        ['198.51.100.9', 'throttle', 'needs-more-members'],
        ['2001:db8::1', 'throttle', undefined],
        ['64496', 'observe', 'second-hand'],
        ['bad.example', 'throttle', 'capped'],
      ],
    )
  })

  it('by type, member, time and what is held', async () => {
    assert.equal(values(await page('?type=ip')).length, 4)
    assert.deepEqual(values(await page('?type=net.domain')), ['bad.example'])
    const theirs = ['198.51.100.9', '2001:db8::1', '64496']
    assert.deepEqual(values(await page('?member=Lab%20B')), theirs)
    assert.equal(values(await page('?member=Lab%20A')).length, 3)
    const since = new Date(NOW + 1).toISOString()
    assert.deepEqual(values(await page(`?since=${since}`)), theirs)
    assert.deepEqual(values(await page('?state=held')), ['198.51.100.9', '64496', 'bad.example'])
  })

  it('pages of any size hold everything once', async () => {
    const all = values(await page())
    for (let limit = 1; limit <= 7; limit++) {
      const got: string[] = []
      let cursor: string | undefined
      do {
        const next: Page = await page(
          `?limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`,
        )
        assert.ok(next.indicators.length <= limit)
        got.push(...values(next))
        cursor = next.cursor
      } while (cursor !== undefined)
      assert.deepEqual(got, all)
    }
  })

  const WRONG: readonly (readonly [query: string, answer: string])[] = [
    ['?type=nonsense', '422 type-unknown'],
    ['?member=nobody', '404 member-unknown'],
    ['?since=yesterday', '422 time-malformed'],
    ['?since=2026-11-23T12:00:00', '422 time-malformed'],
    ['?cursor=xx', '422 cursor-malformed'],
    ['?limit=0', '400 request-malformed'],
    ['?limit=many', '400 request-malformed'],
    ['?state=dead', '400 request-malformed'],
    ['?other=1', '400 request-malformed'],
  ]
  for (const [query, answer] of WRONG) {
    it(`${query} is ${answer}`, async () => {
      const { status, body } = await api.ask('GET', `/v1/indicators${query}`, { as: 'operator' })
      assert.equal(`${status} ${String(body['code'])}`, answer)
    })
  }
})

const asn = (number: number): Indicator => canonical('asn', String(number))

describe('lookup/page', () => {
  /** One page; what others do in between is done at its turns. */
  function take(stage: Stage, after: Indicator | undefined, limit: number): readonly Indicator[] {
    const wish = { types: undefined, member: undefined, sinceMs: -Infinity, limit }
    const walk = pageOf(
      stage.state,
      { ...wish, after: after === undefined ? undefined : keyOf(after) },
      T0,
    )
    for (;;) {
      const step = walk.next()
      if (step.done) return step.value
    }
  }

  it('what is live throughout comes exactly once, whatever comes and goes in between', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 })
    const changes = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.boolean()), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(
        numbers,
        fc.array(changes, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (start, between, limit) => {
          const stage = new Stage()
          const live = new Set(start)
          for (const number of start) stage.say('own', report(asn(number)))
          const throughout = new Set(start)
          const got: string[] = []
          let last: Indicator | undefined
          for (const change of [...between, ...Array.from({ length: 70 }, () => [])]) {
            const some = take(stage, last, limit)
            got.push(...some.map(({ value }) => value))
            if (some.length < limit) break
            last = some.at(-1)
            for (const [number, isLive] of change) {
              if (isLive === live.has(number)) continue
              if (isLive) stage.say('own', report(asn(number)))
              else stage.say('own', revocation({ ...asn(number), until: T0 + 2 * DAY_MS }))
              if (isLive) live.add(number)
              else live.delete(number)
              throughout.delete(number)
            }
          }
          assert.equal(new Set(got).size, got.length)
          assert.deepEqual(
            [...throughout].filter((number) => !got.includes(String(number))),
            [],
          )
        },
      ),
      { numRuns: 150 },
    )
  })

  it('a cursor names a key and nothing else', () => {
    const key = canonical('ua', 'curl/8 (x: y)')
    assert.equal(keyAt(cursorOf(key)), keyOf(key))
    for (const text of ['', 'xx', '!!', cursorOf(key).slice(1), `${cursorOf(key)}=`]) {
      assert.equal(keyAt(text), undefined, text)
    }
  })
})
