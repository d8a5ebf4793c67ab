/** The tokens of a prompt: frozen, the same for text that was written to look like other text. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { canonicalTokens } from '../../src/core/canonical-text.js'
import { hashed, sipHash, sipKeyOf } from '../../src/core/sip-hash.js'
import { ShingleHasher, shinglesOf } from '../../src/core/sketch.js'
import { UNICODE_VERSION } from '../../src/core/unicode-classes.js'

const tokens = (text: string) =>
  canonicalTokens(text)
    .map((part) => part.join(' '))
    .join(' | ')

/** Each as written, and its tokens. */
const VECTORS: readonly (readonly [written: string, tokens: string])[] = [
  ['Explain STEP-by-step, please!', 'explain step by step please'],
  ['ｆｕｌｌ　ｗｉｄｔｈ １２３', 'full width 0'],
  ['zero\u200bwidth soft\u00adhyphen \u202edirection', 'zerowidth softhyphen direction'],
  ['pаssаge with Cyrillic а', 'passage with cyrillic а'],
  ['Ωmega привет мир', 'wmega привет мир'],
  ['crème brûlée, naïve Ångström', 'creme brulee naive angstrom'],
  ['İstanbul ﬁnance ²½ ℌello', 'istanbul finance 0 0 hello'],
  ['see https://a.example/x?y=1 or write a.b+c@mail.example.org', 'see urltok or write emailtok'],
  ['1,234.5 and 17 and ٣٤', '0 0 0 and 0 and 0'],
  ['日本語のテスト', '日 本 語 の テ ス ト'],
  ['한국어 문장', '한 국 어 문 장'],
  ['\u1112\u1161\u11ab\u1100\u116e\u11a8', '한 국'],
  ['ガ\u30d5\u3099', 'カ フ'],
  ['<b>tag</b> [[x]] {slot}', 'b tag b x slot'],
  ["don’t can't", 'don t can t'],
  ['', ''],
  ['!!! ... \u0000\ud800', ''],
]

describe('core/canonical-text', () => {
  for (const [written, expected] of VECTORS) {
    it(`${JSON.stringify(written).slice(0, 60)} → ${expected}`, () => {
      assert.equal(tokens(written), expected)
    })
  }

  it('its data is of one version of Unicode, and agrees with what the runtime knows', () => {
    assert.equal(UNICODE_VERSION, '17.0')
    const ignored = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
    const isHangul = (one: string) => one >= '\uac00' && one <= '\ud7a3'
    let compared = 0
    // What has once been assigned keeps its form; the runtime knows no more than it tests.
    for (let cp = 0xa0; cp < 0x2fa20; cp++) {
      const one = String.fromCodePoint(cp)
      if (!/\p{L}/u.test(one) || isHangul(one)) continue
      const folded = [...one.normalize('NFKC').replace(ignored, '').toLowerCase().normalize('NFKD')]
      const plain = folded.filter((part) => !/\p{M}/u.test(part)).join('')
      if (!/^\p{L}+$/u.test(plain)) continue
      const isSingle = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
      const expected = [...plain].some((part) => isSingle.test(part)) ? [...plain].join(' ') : plain
      assert.equal(tokens(one), expected, cp.toString(16))
      compared++
    }
    assert.ok(compared > 100_000)
  })

  it('a prompt of any length costs no more than its bound, and has both its ends', () => {
    const middle = 'filler '.repeat(1_500_000)
    const began = performance.now()
    const [head, tail] = canonicalTokens(`first words ${middle} last words`)
    const short = performance.now() - began
    assert.deepEqual(
      [head!.length, head![0], tail!.length, tail!.at(-1)],
      [1_024, 'first', 512, 'words'],
    )
    const ten = 'x '.repeat(40_000)
    const again = performance.now()
    canonicalTokens(ten)
    // Ten megabytes cost what eighty kilobytes do, but for finding their ends.
    assert.ok(short < 20 * (performance.now() - again) + 50)
  })

  it('law: never throws, and what is not seen or how it is spaced makes no difference', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const said = tokens(text)
        assert.ok(said.split(' ').every((token) => token === '|' || !/[A-Z\s]/.test(token)))
      }),
      { numRuns: 2_000 },
    )
    const word = fc.stringMatching(/^[a-z]{2,9}$/)
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), fc.nat(), (words, seed) => {
        const hidden = words.map((one, i) => {
          const at = (seed + i) % one.length
          return `${one.slice(0, at)}\u200d${one.slice(at).toUpperCase()}`
        })
        assert.equal(tokens(hidden.join(' \n\u00a0 ')), words.join(' '))
      }),
    )
  })
})

describe('core/sip-hash', () => {
  const key = sipKeyOf(Uint8Array.from({ length: 16 }, (_, i) => i))
  const input = Uint8Array.from({ length: 64 }, (_, i) => i)
  /** Of the authors' own vectors: the first n bytes of 00 01 02 …, little-endian. */
  const OFFICIAL: readonly (readonly [length: number, hash: string])[] = [
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [2, '5a4fa9d909806c0d'],
    [3, '2d7efbd796666785'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [15, 'e545be4961ca29a1'],
    [63, '724506eb4c328a95'],
  ]
  for (const [length, hash] of OFFICIAL) {
    it(`${length} bytes → ${hash}`, () => {
      sipHash(key, input, 0, length)
      const bytes = Buffer.alloc(8)
      bytes.writeUInt32LE(hashed.low)
      bytes.writeUInt32LE(hashed.high, 4)
      assert.equal(bytes.toString('hex'), hash)
    })
  }

  it('law: a message is hashed as its shingles are one by one', () => {
    const hasher = new ShingleHasher('01'.repeat(32))
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'bc', 'δ', '語', 'word', '0'), { maxLength: 12 }),
        (part) => {
          const all = hasher.all([part, part.slice(1)])
          const held = new Set<string>()
          for (let i = 0; i < all.length; i += 2) held.add(`${all[i]} ${all[i + 1]}`)
          const each = [...shinglesOf([part, part.slice(1)])].map((one) => hasher.of(one).join(' '))
          assert.deepEqual([...held].sort(), [...new Set(each)].sort())
        },
      ),
    )
  })
})
