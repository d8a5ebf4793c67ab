/** What is read of a list, in whatever form it comes, and what is named as unread. */
import assert from 'node:assert/strict'
import { listValues, plainValues } from '../../src/core/list-values.js'

describe('core/list-values', () => {
  it('tells networks, addresses and names apart, each once', () => {
    const values = [
      '10.0.0.0/8',
      '192.0.2.1',
      '192.0.2.1/32',
      '2001:DB8::1',
      'Shop.Example.',
      '*.a.example',
    ]
    assert.deepEqual(listValues(values), {
      networks: ['10.0.0.0/8', '192.0.2.1/32', '2001:db8::1/128'],
      domains: ['shop.example', 'a.example'],
      unread: [],
    })
  })

  it('takes names that our own door refuses: others may report them', () => {
    assert.deepEqual(listValues(['github.io', 'co.uk']).domains, ['github.io', 'co.uk'])
  })

  it('names what it cannot read', () => {
    const unread = ['10.0.0.1/8', 'com', 'https://a.example/', '1.2.3', '']
    assert.deepEqual(listValues(unread).unread, unread)
  })

  it('reads the first word of each line, without comments', () => {
    const text = '# a list\r\n192.0.2.1 # one\n\n  a.example\tx\n; no\nb.example;c'
    assert.deepEqual(plainValues(text), ['192.0.2.1', 'a.example', 'b.example'])
  })
})
