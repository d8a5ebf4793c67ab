/** What an operator declares: rules for each state, shadow mode, hooks, the decision log. */
import assert from 'node:assert/strict'
import { ACTION, type Action } from '../../src/core/codes.js'
import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.js'
import type { FailRule } from '../../src/replica/fail-rules.js'
import type { LoggedDecision } from '../../src/replica/decision-log.js'
import type { ReplicaOptions } from '../../src/replica/options.js'
import { Replica } from '../../src/replica/replica.js'
import { readExposition } from '../support/exposition.js'
import { followed, LAST_KNOWN, type Followed } from './followed.js'

const blocked = { type: 'ip', value: '198.51.100.7' }
const clean = { type: 'ip', value: '198.51.100.8' }

describe('replica: what is declared', () => {
  let here: Followed
  before(async () => {
    here = await followed()
    await here.api.lab.voice.report([{ ...blocked, ttl: '7d' }])
  })
  after(() => here.stop())

  const level = async (options: Partial<ReplicaOptions>) => {
    const replica = await here.follow({
      freshness: { staleAfter: '1m', expireAfter: '1h' },
      ...options,
    })
    await here.level(replica)
    return replica
  }

  const RULES: readonly FailRule[] = [
    'last-known',
    ...ACTION.names,
    { block: 'challenge', allow: 'observe' },
  ]
  const STATES = [
    ['stale', MINUTE_MS],
    ['expired', HOUR_MS],
  ] as const

  for (const [state, laterMs] of STATES) {
    it(`${state}: every rule, on what blocks and on what does not`, async () => {
      const { time } = here.api.lab
      for (const rule of RULES) {
        const replica = await level({ onDegraded: { ...LAST_KNOWN, [state]: rule } })
        await replica.close()
        const offline = await here.follow({
          mode: 'offline',
          bootstrap: { data: await bytes() },
          freshness: { staleAfter: '1m', expireAfter: '1h' },
          onDegraded: { ...LAST_KNOWN, [state]: rule },
        })
        time.now += laterMs
        for (const [question, action] of [
          [blocked, 'block'],
          [clean, 'allow'],
        ] as const) {
          const expected: Action =
            rule === 'last-known'
              ? action
              : typeof rule === 'string'
                ? rule
                : (rule[action] ?? action)
          const verdict = offline.check(question)
          assert.equal(verdict.action, expected, `${state} ${JSON.stringify(rule)} ${action}`)
          assert.equal(verdict.freshness, state)
          assert.equal(verdict.wouldBe, expected === action ? undefined : action)
        }
        time.now -= laterMs
      }
    })
  }

  const bytes = async () => {
    const { chunks } = here.api.lab.feed.snapshot()
    return Promise.resolve(Buffer.concat(chunks))
  }

  it('never synced, closed and unreadable: the declared action, and why', async () => {
    for (const action of ACTION.names) {
      const onDegraded = { ...LAST_KNOWN, neverSynced: action }
      const empty = await here.follow({ mode: 'offline', onDegraded })
      assert.deepEqual(
        [empty.check(clean).action, empty.check(clean).errorCode],
        [action, 'NOT_READY'],
      )
      const replica = await level({ onDegraded })
      const codes = [
        ['ip', '300.1.1.1', 'PARSE_ERROR'],
        ['ipv5', '1', 'TYPE_UNKNOWN'],
        ['account', 'a', 'KEYED_OFF'],
      ] as const
      for (const [type, value, code] of codes) {
        const verdict = replica.check({ type, value })
        assert.deepEqual(
          [verdict.action, verdict.reason, verdict.errorCode],
          [action, 'ERROR', code],
        )
      }
      await replica.close()
      assert.deepEqual(
        [replica.check(blocked).action, replica.check(blocked).errorCode],
        [action, 'CLOSED'],
      )
    }
  })

  it('shadow works everything out and always allows', async () => {
    const logged: LoggedDecision[] = []
    const sink = (some: readonly LoggedDecision[]) => void logged.push(...some)
    const replica = await level({ shadow: true, decisionLog: { sink } })
    for (let i = 0; i < 5; i++) {
      const verdict = replica.check(blocked)
      assert.deepEqual(
        [verdict.action, verdict.reason, verdict.wouldBe],
        ['allow', 'SHADOW', 'block'],
      )
    }
    await replica.flush()
    assert.equal(logged.length, 5)
    assert.ok(replica.metrics().includes('checks_total{action="allow",reason="SHADOW"} 5'))
  })

  it('a request: the strongest, and joint evidence as at the node', async () => {
    const replica = await level({})
    const verdict = replica.checkRequest({
      attributes: [clean, blocked, { type: 'ua', value: 'curl/8.1' }],
    })
    assert.deepEqual([verdict.action, verdict.reason], ['block', 'MATCH'])
    assert.equal(replica.checkRequest({ attributes: [] }).action, 'allow')
  })

  it('hooks that throw, hang on to things or try to change them change no verdict', async () => {
    const seen: string[] = []
    const replica = await level({
      hooks: [
        {
          before: () => {
            throw new Error('before')
          },
          after: (questions, verdict) => {
            seen.push(`after ${verdict.action}`)
            ;(questions as unknown as { value: string }[])[0]!.value = clean.value
            ;(verdict as { action: string }).action = 'allow'
          },
          finally: () => Promise.reject(new Error('later')) as unknown as undefined,
        },
        {
          after: () => void seen.push('second'),
          error: (_, verdict) => void seen.push(`${verdict.errorCode}`),
        },
      ],
    })
    const asked = { ...blocked }
    assert.equal(replica.check(asked).action, 'block')
    assert.deepEqual([asked.value, seen], [blocked.value, ['after block', 'second']])
    replica.check({ type: 'ip', value: 'x' })
    assert.equal(seen.at(-1), 'PARSE_ERROR')
    await replica.flush()
    assert.ok(replica.status().hooksFailed >= 4)
  })

  it('the log loses nothing that it does not count', async () => {
    let delivered = 0
    let calls = 0
    const replica = await level({
      decisionLog: {
        waitingMax: 300,
        sampleAllows: 1,
        sink: async (some) => {
          if (++calls % 3 === 0) throw new Error('the sink is gone')
          await Promise.resolve()
          delivered += some.length
        },
      },
    })
    for (let i = 0; i < 5_000; i++) {
      replica.check(i % 2 === 0 ? blocked : clean)
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await replica.flush()
    const { log } = replica.status()
    assert.equal(log.received, 5_000)
    assert.equal(log.delivered, delivered)
    assert.ok(log.dropped > 0)
    assert.equal(log.received, log.delivered + log.dropped)
  })

  it('values are in the log only where it is asked for them', async () => {
    for (const values of [false, true]) {
      const logged: LoggedDecision[] = []
      const sink = (some: readonly LoggedDecision[]) => void logged.push(...some)
      const replica = await level({ decisionLog: { sink, values } })
      replica.check(blocked)
      await replica.flush()
      assert.equal(JSON.stringify(logged).includes(blocked.value), values)
    }
  })

  it('metrics are Prometheus text', async () => {
    const replica = await level({})
    replica.check(blocked)
    const read = readExposition(replica.metrics())
    assert.equal(read.value('tocsin_replica_checks_total', { action: 'block' }), 1)
  })

  it('options that cannot be meant are told at once', () => {
    const good = { url: 'http://127.0.0.1:1', credential: 't', onDegraded: LAST_KNOWN }
    const bad: object[] = [
      { onDegraded: undefined },
      { onDegraded: { ...LAST_KNOWN, neverSynced: 'last-known' } },
      { onDegraded: { ...LAST_KNOWN, stale: 'never' } },
      { url: 'ftp://x' },
      { credential: '' },
      { node: 'not a PeerId' },
      { mode: 'push' },
      { freshness: { staleAfter: 'soon' } },
      { freshness: { staleAfter: '2h', expireAfter: '1h' } },
      { allowRollback: ' ' },
    ]
    for (const option of bad) {
      const make = () => new Replica({ ...good, ...option } as ReplicaOptions)
      assert.throws(make, { code: 'option-invalid' }, JSON.stringify(option))
    }
  })
})
