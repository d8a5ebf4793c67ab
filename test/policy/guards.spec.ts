/** What guards what: allow entries, warning lists, precedence, and the parts a network loses. */
import assert from 'node:assert/strict'
import { anyNetwork } from '../../src/core/network-set.js'
import { keyOf } from '../../src/core/indicator.js'
import { OwnRows, type AllowEntry, type WarningList } from '../../src/core/own-rows.js'
import { GuardBook, isForcible, listsInForce } from '../../src/policy/guards.js'
import { hostsOf } from '../../src/policy/own-hosts.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { indicator } from '../support/samples.js'

const NOW = 1_000_000

function allow(type: string, value: string, rest: Partial<AllowEntry> = {}): AllowEntry {
  const entry = { reason: 'ours', request: false, addedMs: 0, by: 'operator' }
  return { ...indicator(type, value), ...entry, ...rest }
}

function list(name: string, rest: Partial<WarningList>): WarningList {
  const none = { networks: [], domains: [], emailDomains: false, addedMs: 0, by: 'operator' }
  return { name, effect: 'never', ...none, ...rest }
}

class Book {
  readonly rows = new OwnRows()
  policy: Policy = DEFAULT_POLICY
  readonly guards: GuardBook
  constructor(
    readonly shipped: readonly WarningList[] = [],
    hosts: readonly string[] = [],
  ) {
    const own = hostsOf(hosts)
    const policy = () => this.policy
    this.guards = new GuardBook({ rows: this.rows, shipped, hosts: () => own, policy })
  }
  allow(...entries: readonly AllowEntry[]): this {
    for (const row of entries) this.rows.apply({ table: 'allow', name: keyOf(row), row })
    return this
  }
  load(...lists: readonly WarningList[]): this {
    for (const row of lists) this.rows.apply({ table: 'lists', name: row.name, row })
    return this
  }
  /** `effect name`, with `request`; undefined where it is free. */
  on(asked: string, now = NOW, publishing = false): string | undefined {
    const [type, raw] = asked.split(' ') as [string, string]
    const guard = this.guards.on(indicator(type, raw), now, publishing)
    if (guard === undefined) return undefined
    return `${guard.effect} ${guard.name}${guard.request === true ? ' request' : ''}`
  }
  holes(text: string, capped = false): string[] {
    return this.guards.holes(anyNetwork(text)!, NOW, capped).map((network) => network.text)
  }
}

const COVERED: Readonly<Record<string, readonly [free: string, guarded: string][]>> = {
  'ip 8.8.4.0/24': [
    ['ip 8.8.5.1', 'ip 8.8.4.1'],
    ['ip 8.8.4.0/23', 'ip 8.8.4.0/24'],
    ['ip 8.8.5.0/24', 'ip 8.8.4.128/25'],
  ],
  'ip 2600:1::7': [['ip 2600:1::8', 'ip 2600:1::7']],
  'domain shop.partner.net': [
    ['domain partner.net', 'domain shop.partner.net'],
    ['domain myshop.partner.net', 'domain a.shop.partner.net'],
    ['email-domain partner.net', 'domain a.b.shop.partner.net'],
  ],
  'email-domain partner.net': [['domain partner.net', 'email-domain partner.net']],
  'asn 64496': [['asn 64497', 'asn 64496']],
  'ua curl/8.1': [['ua wget/1', 'ua curl/9.0']],
}

describe('policy/guards: allow entries', () => {
  for (const [entry, pairs] of Object.entries(COVERED)) {
    for (const [free, guarded] of pairs) {
      it(`${entry} guards ${guarded}, not ${free}`, () => {
        const [type, raw] = entry.split(' ') as [string, string]
        const book = new Book().allow(allow(type, raw))
        assert.equal(book.on(guarded), 'out allowed')
        assert.equal(book.on(free), undefined)
      })
    }
  }

  it('two that cover a network together guard it', () => {
    const book = new Book().allow(allow('ip', '8.8.4.0/25'), allow('ip', '8.8.4.128/25'))
    assert.equal(book.on('ip 8.8.4.0/24'), 'out allowed')
  })

  it('end at their very millisecond, whichever way the clock moves', () => {
    const book = new Book().allow(
      allow('ip', '8.8.4.1', { untilMs: NOW + 10 }),
      allow('ip', '8.8.4.2', { untilMs: NOW + 20 }),
    )
    for (const now of [NOW, NOW + 9, NOW + 10, NOW + 19, NOW + 20, NOW + 5, NOW + 15, NOW - 99]) {
      assert.equal(book.on('ip 8.8.4.1', now) !== undefined, now < NOW + 10)
      assert.equal(book.on('ip 8.8.4.2', now) !== undefined, now < NOW + 20)
    }
  })

  it('for the whole request say so, before everything else', () => {
    const book = new Book().allow(allow('ip', '10.0.0.7', { request: true }))
    assert.equal(book.on('ip 10.0.0.7'), 'out allowed request')
    assert.equal(book.on('ip 10.0.0.7', NOW, true), 'out special-purpose')
  })

  it('are seen, and are gone, with the change', () => {
    const book = new Book()
    const entry = allow('ip', '8.8.4.1')
    assert.equal(book.on('ip 8.8.4.1'), undefined)
    book.allow(entry)
    assert.equal(book.on('ip 8.8.4.1'), 'out allowed')
    book.rows.apply({ table: 'allow', name: keyOf(entry), row: null })
    assert.equal(book.on('ip 8.8.4.1'), undefined)
  })
})

describe('policy/guards: warning lists', () => {
  const clouds = list('clouds', { effect: 'cloud', networks: ['8.0.0.0/8'] })
  const resolvers = list('resolvers', { networks: ['8.8.8.8/32'] })

  it('take out, or cap; out before cap', () => {
    const book = new Book().load(clouds, resolvers)
    assert.equal(book.on('ip 8.8.8.8'), 'out list:resolvers')
    assert.equal(book.on('ip 8.8.8.0/24'), 'cap list:clouds')
    assert.equal(book.on('ip 9.9.9.9'), undefined)
  })

  it('of names guard what is below, and mail domains only where they say so', () => {
    const book = new Book().load(
      list('top', { domains: ['popular.net', 'github.io'] }),
      list('mail', { domains: ['mail.net'], emailDomains: true }),
    )
    assert.equal(book.on('domain www.popular.net'), 'out list:top')
    assert.equal(book.on('email-domain popular.net'), undefined)
    assert.equal(book.on('email-domain mail.net'), 'out list:mail')
    // Strangers share a public suffix: the suffix itself never acts, what is below may.
    assert.equal(book.on('domain shop.github.io'), undefined)
    assert.equal(book.guards.on({ type: 5, value: 'github.io' }, NOW)?.name, 'special-purpose')
  })

  it('do not guard documentation, unless the policy says so', () => {
    const book = new Book().load(
      list('rfc5735', { networks: ['192.0.2.0/24', '10.0.0.0/8'], domains: ['example.com'] }),
    )
    assert.equal(book.on('ip 192.0.2.7'), undefined)
    assert.equal(book.on('domain www.example.com'), undefined)
    assert.deepEqual(book.holes('192.0.0.0/16'), [])
    book.policy = { ...book.policy, lists: { ...book.policy.lists, documentation: true } }
    assert.equal(book.on('ip 192.0.2.7'), 'out special-purpose')
    assert.equal(book.on('domain www.example.com'), 'out special-purpose')
    assert.deepEqual(book.holes('192.0.0.0/16'), ['192.0.2.0/24'])
  })

  it('that are loaded replace shipped ones of their name; the policy takes these out', () => {
    const book = new Book([list('edge', { networks: ['8.8.0.0/16'] })])
    assert.equal(book.on('ip 8.8.1.1'), 'out list:edge')
    book.load(list('edge', { networks: ['8.9.0.0/16'] }))
    assert.equal(book.on('ip 8.8.1.1'), undefined)
    assert.equal(book.on('ip 8.9.1.1'), 'out list:edge')
    book.rows.apply({ table: 'lists', name: 'edge', row: null })
    assert.equal(book.on('ip 8.8.1.1'), 'out list:edge')
    book.policy = { ...book.policy, lists: { ...book.policy.lists, without: ['edge'] } }
    assert.equal(book.on('ip 8.8.1.1'), undefined)
    assert.deepEqual(listsInForce(book, book.policy), [])
  })
})

describe('policy/guards: holes', () => {
  it('are the protected parts of a network, of every kind, joined', () => {
    const book = new Book([], ['/ip4/9.1.0.1/tcp/1'])
      .allow(allow('ip', '9.1.0.0'), allow('ip', '9.1.7.0/24'))
      .load(list('a', { networks: ['9.1.7.128/25', '9.1.9.9/32'] }))
      .load(list('c', { effect: 'cloud', networks: ['9.1.64.0/18'] }))
    const holes = ['9.1.0.0/31', '9.1.7.0/24', '9.1.9.9/32']
    assert.deepEqual(book.holes('9.1.0.0/16'), holes)
    assert.deepEqual(book.holes('9.1.0.0/16', true), [...holes, '9.1.64.0/18'])
    assert.equal(book.on('ip 9.1.0.0/16'), undefined)
  })
})

describe('policy/guards: what may be forced', () => {
  it('is what the operator listed, not what would cut the node off', () => {
    const forcible = (name: string) => isForcible({ effect: 'out', name })
    assert.deepEqual(['allowed', 'list:a'].map(forcible), [true, true])
    assert.deepEqual(['special-purpose', 'own-address'].map(forcible), [false, false])
  })
})
