/** The names of a key, and member cards. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  authorOf,
  authorOfPeer,
  cardFits,
  formatCard,
  OPEN_FEDERATION,
  parseCard,
  peerNameOf,
} from '../../src/core/identity.js'
import { authorNamed } from '../support/samples.js'

const { author } = authorNamed('A')
const peer = peerNameOf(author)
const card = formatCard(author, ['/ip4/198.51.100.7/tcp/4717'], OPEN_FEDERATION, 'Lab A')

describe('core/identity', () => {
  it('a PeerId and its author are two names of one key', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(authorOf)
    fc.assert(fc.property(key, (one) => assert.equal(authorOfPeer(peerNameOf(one)), one)))
    assert.match(peer, /^12D3Koo/)
  })

  const NO_PEER = {
    nothing: '',
    'too short': peer.slice(1),
    'another alphabet': peer.replace(/.$/, '0'),
    'too long': `${peer}${peer}`,
    'an RSA PeerId': 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
    'a leading 1 too many': `1${peer}`,
  }
  for (const [what, text] of Object.entries(NO_PEER)) {
    it(`${what} is no Ed25519 PeerId`, () => assert.equal(authorOfPeer(text), undefined))
  }

  it('a card is read as it was written', () => {
    assert.deepEqual(parseCard(card), {
      peer,
      addresses: ['/ip4/198.51.100.7/tcp/4717'],
      network: OPEN_FEDERATION.networkId.slice(0, 16),
      name: 'Lab A',
    })
    assert.deepEqual(parseCard(`  ${card}\n`), parseCard(card))
  })

  it('any name and number of addresses survive', () => {
    const addresses = fc.array(fc.stringMatching(/^\/[a-z0-9/.:]{1,30}$/), { maxLength: 4 })
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(addresses, name, (some, given) => {
        const read = parseCard(formatCard(author, some, OPEN_FEDERATION, given))
        assert.deepEqual([read?.addresses, read?.name], [some, given])
      }),
    )
  })

  it('a bare PeerId is a card without addresses', () => {
    assert.deepEqual(parseCard(peer), { peer, addresses: [] })
    assert.deepEqual(parseCard(`${peer}\n`), { peer, addresses: [] })
  })

  const NO_CARD = ['', 'tocsin:', `tocsin:${peer}`, `mesh:${peer}@`, `tocsin:${peer.slice(1)}@`]
  for (const text of [...NO_CARD, `tocsin:${peer}@a b`, `${card}${'&x=1'.repeat(2_000)}`]) {
    it(`${JSON.stringify(text.slice(0, 30))} is none`, () => {
      assert.equal(parseCard(text), undefined)
    })
  }

  it('a card fits its own federation, and one that names none fits all', () => {
    const other = { name: 'other', networkId: 'ee'.repeat(32), keys: [] }
    assert.equal(cardFits(parseCard(card)!, OPEN_FEDERATION), true)
    assert.equal(cardFits(parseCard(card)!, other), false)
    assert.equal(cardFits(parseCard(peer)!, other), true)
  })
})
