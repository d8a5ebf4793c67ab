/** A body that is read from its bytes says what it says as JSON, or is not read so at all. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { canonicalise } from '../../src/core/canonical-form.js'
import { LIMITS } from '../../src/core/limits.js'
import { PlainQuestions } from '../../src/http/plain-questions.js'
import { AskedKeys } from '../../src/lookup/asked-keys.js'

interface Item {
  readonly type: string
  readonly value: string
}

const clear: fc.Arbitrary<Item> = fc
  .constantFrom(
    ['ip', '45.9.1.1'],
    ['ipv4', '45.9.1.255'],
    ['net.ipv4', '1.0.0.9'],
    ['ip', '45.9.1.0/24'],
    ['ip', '2A00:1::1'],
    ['ip', '::ffff:45.9.1.1'],
    ['domain', 'Bad.example.net'],
    ['asn', 'AS64496'],
    ['ua', 'curl/*, "like" this'.replaceAll('"', "'")],
  )
  .map(([type, value]) => ({ type: type!, value: value! }))
const anyText = fc.oneof(
  fc.constantFrom('045.9.1.1', '45.9.1', 'a"b', 'a\\b', 'ü.example', '', ' 45.9.1.1', 'a\tb'),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const anyItem: fc.Arbitrary<Item> = fc.record({
  type: fc.oneof(fc.constantFrom('ip', 'email', 'query.sketch', 'nonsense', ''), anyText),
  value: fc.oneof(fc.constant('a@example.com'), anyText),
})

const RENDERINGS: readonly ((items: readonly Item[]) => string)[] = [
  (items) => JSON.stringify({ items }),
  // As Python writes it.
  (items) => {
    const texts = items.map(({ type, value }) => {
      return `{"type": ${JSON.stringify(type)}, "value": ${JSON.stringify(value)}}`
    })
    return `{"items": [${texts.join(', ')}]}`
  },
  (items) => ` ${JSON.stringify({ items })}  `,
]
const OTHERS: typeof RENDERINGS = [
  (items) => JSON.stringify({ items }, null, 2),
  (items) => JSON.stringify({ items: items.map(({ type, value }) => ({ value, type })) }),
  (items) => JSON.stringify({ items: items.map((item) => ({ ...item, more: 1 })) }),
  (items) => JSON.stringify({ items, more: 1 }),
  (items) => JSON.stringify(items),
]

function read(body: Buffer): AskedKeys | undefined {
  const asked = new AskedKeys()
  return new PlainQuestions(body).addTo(asked, canonicalise) ? asked : undefined
}

function told(asked: AskedKeys): unknown {
  const all = Array.from({ length: asked.length }, (_, i) => asked.at(i))
  return all.map(({ type, value }) => ({ type, value }))
}

/** What the framework would make of it. */
function expected(body: Buffer): unknown {
  const parsed = JSON.parse(body.toString('utf8')) as { items: Item[] }
  assert.deepEqual(Object.keys(parsed), ['items'])
  return parsed.items.map((item) => {
    assert.deepEqual(Object.keys(item), ['type', 'value'])
    const judged = canonicalise(item.type, item.value)
    assert.ok(judged.ok)
    const { type, value } = judged.value
    return { type, value }
  })
}

describe('http: questions read from bytes', () => {
  it('are read where they are plain', () => {
    const bodies = fc.tuple(
      fc.array(clear, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(...RENDERINGS),
    )
    fc.assert(
      fc.property(bodies, ([items, render]) => {
        const body = Buffer.from(render(items))
        const asked = read(body)
        assert.ok(asked !== undefined, body.toString())
        assert.deepEqual(told(asked), expected(body))
      }),
      { numRuns: 300 },
    )
  })

  it('say what they say as JSON, whatever is done to the bytes', () => {
    let [plain, mended] = [0, 0]
    const change = fc.record({
      at: fc.nat(),
      how: fc.constantFrom('none', 'set', 'insert', 'drop', 'cut'),
      byte: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from('"\\{}[],: 09.a'))),
    })
    const items = fc.array(fc.oneof({ weight: 4, arbitrary: clear }, anyItem), { maxLength: 6 })
    const render = fc.constantFrom(...RENDERINGS, ...OTHERS)
    fc.assert(
      fc.property(items, render, change, (all, rendered, { at, how, byte }) => {
        let body = Buffer.from(rendered(all))
        const place = at % body.length
        const [before, after] = [body.subarray(0, place), body.subarray(place + 1)]
        if (how === 'set') body = Buffer.concat([before, Buffer.of(byte), after])
        if (how === 'insert') {
          body = Buffer.concat([before, Buffer.of(byte), body.subarray(place)])
        }
        if (how === 'drop') body = Buffer.concat([before, after])
        if (how === 'cut') body = Buffer.from(before)
        const asked = read(body)
        if (asked === undefined) return
        assert.deepEqual(told(asked), expected(body))
        plain++
        if (how !== 'none') mended++
      }),
      { numRuns: 6_000 },
    )
    assert.ok(plain > 100 && mended > 20, `${plain} and ${mended}`)
  })

  it('are as many as one request may hold', () => {
    const items = (count: number) => Array(count).fill({ type: 'ip', value: '45.9.1.1' })
    const body = (count: number) => Buffer.from(JSON.stringify({ items: items(count) }))
    assert.equal(read(body(LIMITS.requestItemsMax))?.length, LIMITS.requestItemsMax)
    assert.equal(read(body(LIMITS.requestItemsMax + 1)), undefined)
    assert.equal(read(body(0)), undefined)
  })
})
