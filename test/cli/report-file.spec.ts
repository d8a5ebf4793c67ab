/** Files of reports: every line is an item, passed over, or refused by itself with its number. */
import assert from 'node:assert/strict'
import { LIMITS } from '../../src/core/limits.js'
import { Bulk, CHUNK_ITEMS, chunksOf, type LineResult } from '../../src/cli/bulk.js'
import type { Answer, Ask } from '../../src/cli/client.js'
import { csvFields } from '../../src/cli/csv.js'
import { fileLines } from '../../src/cli/file-lines.js'
import {
  entriesOf,
  REPORT_COLUMNS as columns,
  type Defaults,
  type Entry,
  type Format,
} from '../../src/cli/report-file.js'

async function* bytes(text: string, size = 7): AsyncGenerator<Buffer> {
  const all = Buffer.from(text)
  for (let at = 0; at < all.length; at += size) {
    await Promise.resolve()
    yield all.subarray(at, at + size)
  }
}

async function gather<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

const entries = (text: string, format: Format, defaults: Defaults = { type: 'ip' }) =>
  entriesOf(fileLines(bytes(text)), { format, defaults, columns })
const read = (text: string, format: Format, defaults?: Defaults) =>
  gather(entries(text, format, defaults))
const items = (all: readonly Entry[]) =>
  all.map(({ json, code }) => (json === undefined ? code : (JSON.parse(json) as unknown)))

describe('cli: lines of a file', () => {
  it('are numbered from 1, whatever the line ends and chunks', async () => {
    const text = '\ufeffone\r\n\ntwo ü\nlast'
    for (const size of [1, 2, 3, 100]) {
      assert.deepEqual(await gather(fileLines(bytes(text, size))), [
        { number: 1, text: 'one' },
        { number: 2, text: '' },
        { number: 3, text: 'two ü' },
        { number: 4, text: 'last' },
      ])
    }
    assert.deepEqual(await gather(fileLines(bytes(''))), [])
    assert.equal((await gather(fileLines(bytes('a\n')))).length, 1)
  })

  it('a line that is too long is named and not held', async () => {
    const text = `${'x'.repeat(LIMITS.lineBytesMax)}\n${'x'.repeat(LIMITS.lineBytesMax + 1)}\nshort`
    const lines = await gather(fileLines(bytes(text, 4_096)))
    assert.deepEqual(
      lines.map(({ number, text: line }) => [number, line?.length]),
      [
        [1, LIMITS.lineBytesMax],
        [2, undefined],
        [3, 5],
      ],
    )
  })
})

describe('cli: CSV fields', () => {
  const CASES: readonly (readonly [string, string[] | undefined])[] = [
    ['a,b', ['a', 'b']],
    ['', ['']],
    [',', ['', '']],
    ['a,', ['a', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""x""",', ['say "x"', '']],
    ['""', ['']],
    ['"a', undefined],
    ['"a"b,c', undefined],
    ['a"b,c', undefined],
    ['"a" ,b', undefined],
  ]
  for (const [line, fields] of CASES) {
    it(JSON.stringify(line), () => assert.deepEqual(csvFields(line), fields))
  }
})

describe('cli: items of a file', () => {
  it('text: the first word of a line, comments and empty lines passed over', async () => {
    const all = await read('# head\n1.2.3.4\t7\n\n  5.6.7.8  # note\n #x\n', 'text')
    assert.deepEqual(items(all), [
      { type: 'ip', value: '1.2.3.4' },
      { type: 'ip', value: '5.6.7.8' },
    ])
    assert.deepEqual(
      all.map(({ line }) => line),
      [2, 4],
    )
  })

  it('NDJSON: a line’s own fields win over the command’s', async () => {
    const text =
      '{"value":"1.2.3.4","type":"ipv4","firstHand":true}\n{"x\n[]\n"text"\n{"value":"2"}'
    const all = await read(text, 'ndjson', { type: 'ip', firstHand: false, confidence: 50 })
    assert.deepEqual(items(all), [
      { type: 'ipv4', firstHand: true, confidence: 50, value: '1.2.3.4' },
      'line-malformed',
      'line-malformed',
      'line-malformed',
      { type: 'ip', firstHand: false, confidence: 50, value: '2' },
    ])
    const until = '2026-12-01T00:00:00Z'
    const own = await read(`{"value":"1","validUntil":"${until}"}`, 'ndjson', { ttl: '7d' })
    assert.deepEqual(items(own), [{ value: '1', validUntil: until }])
  })

  it('CSV: columns by name, cells as their kinds, a broken line by itself', async () => {
    const text = [
      'value,confidence,firstHand,labels,campaign',
      '1.2.3.4,70,true,drill; automated,',
      '"5.6.7.8,70,true,drill,',
      '5.6.7.8,70',
      '"9.9.9.9",,,,',
      '9.9.9.9,high,maybe,,',
    ].join('\n')
    const all = await read(text, 'csv')
    assert.deepEqual(items(all), [
      {
        type: 'ip',
        value: '1.2.3.4',
        confidence: 70,
        firstHand: true,
        labels: ['drill', 'automated'],
      },
      'line-malformed',
      'line-malformed',
      { type: 'ip', value: '9.9.9.9' },
      { type: 'ip', value: '9.9.9.9', confidence: 'high', firstHand: 'maybe' },
    ])
    assert.deepEqual(
      all.filter(({ code }) => code !== undefined).map(({ line }) => line),
      [3, 4],
    )
  })

  it('CSV: a header that is none, or names no value, is the end of it', async () => {
    await assert.rejects(read('value,vlaue\n1,2', 'csv'), { code: 'line-malformed' })
    await assert.rejects(read('"value\n1', 'csv'), { code: 'line-malformed' })
    await assert.rejects(read('type\nip', 'csv'), { code: 'usage', exit: 2 })
    await assert.rejects(read('value\n1', 'csv', {}), { code: 'usage', exit: 2 })
  })

  it('a line that is too long is refused in every format', async () => {
    for (const format of ['ndjson', 'csv', 'text'] as const) {
      const long = `value\n${'x'.repeat(LIMITS.lineBytesMax + 1)}\n`
      const all = await gather(
        entriesOf(fileLines(bytes(long, 65_536)), { format, defaults: { type: 'ip' }, columns }),
      )
      assert.deepEqual([all.at(-1)!.line, all.at(-1)!.code], [2, 'line-too-long'], format)
    }
  })
})

describe('cli: chunks', () => {
  const lines = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => `45.0.${(from + i) >> 8}.${(from + i) & 255}`).join(
      '\n',
    )
  const chunks = (text: string, salt = '', defaults?: Defaults) =>
    gather(chunksOf(entries(text, 'text', defaults), salt))

  it('hold a thousand lines, and less where lines are long', async () => {
    const sizes = (await chunks(lines(2_500))).map(({ entries: held }) => held.length)
    assert.deepEqual(sizes, [CHUNK_ITEMS, CHUNK_ITEMS, 2_500 - 2 * CHUNK_ITEMS])
    const long = Array.from({ length: 40 }, () => 'x'.repeat(60_000)).join('\n')
    const bodies = (
      await gather(
        chunksOf(
          entriesOf(fileLines(bytes(long, 65_536)), { format: 'text', defaults: {}, columns }),
          '',
        ),
      )
    ).map(({ entries: held }) => held.reduce((sum, { json }) => sum + json!.length, 0))
    assert.ok(bodies.length > 1 && Math.max(...bodies) < LIMITS.bodyBytesMax)
  })

  it('have a key of their lines and everything that decides what those mean', async () => {
    const keys = async (...args: Parameters<typeof chunks>) =>
      (await chunks(...args)).map(({ key }) => key)
    const text = lines(1_500)
    const first = await keys(text)
    assert.equal(new Set(first).size, 2)
    assert.deepEqual(await keys(text), first)
    assert.deepEqual((await keys(`${text}\n1.2.3.4`))[0], first[0])
    assert.notEqual((await keys(`1.2.3.4\n${text}`))[0], first[0])
    assert.notEqual((await keys(text, 'again'))[0], first[0])
    assert.notEqual((await keys(text, '', { type: 'ip', confidence: 50 }))[0], first[0])
  })
})

describe('cli: bulk', () => {
  async function run(text: string, ask: (ask: Ask) => Promise<Answer>) {
    const told: LineResult[] = []
    const bulk = new Bulk('/v1/reports', {
      ask,
      onLine: (result) => told.push(result),
      onProgress: () => undefined,
    })
    const done = bulk.run(chunksOf(entries(text, 'ndjson'), ''))
    const error = await done.then(
      () => undefined,
      (reason: unknown) => reason as { code: string },
    )
    return { counts: bulk.counts, told: told.sort((a, b) => a.line - b.line), error }
  }
  const body = (results: readonly object[]): Answer => ({
    status: 201,
    text: '',
    body: { results },
  })
  const text = (count: number) =>
    Array.from({ length: count }, (_, i) => `{"value":"${i}"}`).join('\n')

  it('maps results to lines, and tells guarded from refused', async () => {
    const asked: Ask[] = []
    const outcome = await run('{"value":"1"}\nbroken\n\n{"value":"2"}\n{"value":"3"}', (ask) => {
      asked.push(ask)
      return Promise.resolve(
        body([
          { index: 0, status: 'accepted' },
          { index: 1, status: 'refused', code: 'guarded', detail: 'a range' },
          { index: 2, status: 'refused', code: 'ipv4-malformed' },
        ]),
      )
    })
    assert.equal((JSON.parse(asked[0]!.json!) as unknown[]).length, 3)
    assert.match(String(asked[0]!.headers!['idempotency-key']), /^[0-9a-f]{64}$/)
    assert.deepEqual(outcome.counts, { accepted: 1, duplicate: 0, guarded: 1, refused: 2 })
    assert.deepEqual(
      outcome.told.map(({ line, status, code }) => [line, status, code]),
      [
        [2, 'refused', 'line-malformed'],
        [4, 'guarded', 'guarded'],
        [5, 'refused', 'ipv4-malformed'],
      ],
    )
  })

  it('has at most four requests under way', async () => {
    const waiting: (() => void)[] = []
    let most = 0
    const outcome = await run(text(12 * CHUNK_ITEMS), async (ask) => {
      // Answered when a fourth is under way, or nothing more comes.
      const answered = new Promise<void>((resolve) => waiting.push(resolve))
      most = Math.max(most, waiting.length)
      const answerAll = () => waiting.splice(0).forEach((resolve) => resolve())
      if (waiting.length >= 4) setImmediate(answerAll)
      await answered
      const sent = JSON.parse(ask.json!) as unknown[]
      return body(sent.map((_, index) => ({ index, status: 'accepted' })))
    })
    assert.equal(outcome.counts.accepted, 12 * CHUNK_ITEMS)
    assert.equal(most, 4)
  })

  it('tries again while the node is busy, and stops at any other failure', async () => {
    let tried = 0
    const busy: Answer = { status: 429, text: '', body: { code: 'overload', title: 'busy' } }
    const patient = await run(text(1), () =>
      Promise.resolve(++tried < 2 ? busy : body([{ index: 0, status: 'accepted' }])),
    )
    assert.deepEqual([tried, patient.counts.accepted, patient.error], [2, 1, undefined])
    let asked = 0
    const failed = await run(text(20 * CHUNK_ITEMS), () => {
      asked++
      return Promise.resolve({
        status: 503,
        text: '',
        body: { code: 'store-failed', title: 'disk' },
      })
    })
    assert.equal(failed.error?.code, 'store-failed')
    assert.ok(asked <= 5, `${asked} requests`)
    const odd = await run(text(2), () => Promise.resolve(body([])))
    assert.equal(odd.error?.code, 'answer-malformed')
  })
})
