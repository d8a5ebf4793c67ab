/** The federation file: strict, secret, and merged into one whoever holds which copy. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { EPOCH_KEYS_MAX } from '../../src/core/epoch-keys.js'
import type { Federation } from '../../src/core/identity.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import {
  federationOf,
  merged,
  newFederation,
  parseFederation,
  readFederation,
  rotated,
  writeFederation,
} from '../../src/federation/federation-file.js'
import type { Result } from '../../src/core/outcome.js'
import { StoreError } from '../../src/core/store-port.js'

const NOW = Date.UTC(2026, 10, 25)
const networkId = 'ab'.repeat(32)
let drawn = 0
const chance = (bytes: number) => {
  return createHash('sha512').update(`draw ${drawn++}`).digest().subarray(0, bytes)
}
const made = (): Federation => newFederation('Frontier labs', NOW, chance)
const take = (result: Result<Federation, string>): Federation => {
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

describe('federation file', () => {
  let folder: string
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'tocsin-federation-'))))
  after(() => rm(folder, { recursive: true, force: true }))

  it('of a newer form is refused by name: rewriting it would lose what it says', () => {
    const text = `name: labs\nnetworkId: ${networkId}\n`
    assert.ok(parseFederation(`version: 1\n${text}`).ok)
    const newer = parseFederation(`version: 2\n${text}marvel: true\n`)
    assert.ok(!newer.ok)
    assert.match(newer.detail ?? '', /^version 2 is newer than what this version of Tocsin reads/)
  })

  it('comes back as it was written, and is its owner’s alone', async () => {
    const path = join(folder, 'one.yaml')
    const federation = take(rotated(made(), NOW + 90 * DAY_MS, chance))
    await writeFederation(path, federation)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual(await readFederation(path), federation)
    await chmod(path, 0o640)
    await assert.rejects(readFederation(path), { code: 'key-exposed' })
  })

  it('one without keys may be read by all: it holds no secret', async () => {
    const path = join(folder, 'bare.yaml')
    await writeFile(path, `name: labs\nnetworkId: ${networkId}\n`, { mode: 0o644 })
    assert.deepEqual(await readFederation(path), { name: 'labs', networkId, keys: [] })
    await assert.rejects(readFederation(join(folder, 'none')), { code: 'config-invalid' })
    assert.equal((await federationOf({ data: folder, federation: undefined })).name, 'open')
  })

  it('what is malformed is refused in words that tell no key', () => {
    const secret = 'cd'.repeat(32)
    const key = (created: string, more = '') => `{created: ${created}, key: ${secret}${more}}`
    const keys = (text: string) => `name: a\nnetworkId: ${networkId}\nkeys: ${text}\n`
    const wrong = [
      '[]',
      'a: [',
      'name: labs\n',
      'name: labs\nnetworkId: abc\n',
      `name: labs\nnetworkId: ${networkId}\nkey: 1\n`,
      keys('1'),
      keys(`[${secret}]`),
      keys(`[${key('"2026-11-25"')}]`),
      keys(`[${key('"2026-11-25T00:00:00Z"', ', note: 1')}]`),
      keys(`[{created: "2026-11-25T00:00:00Z", key: ${secret}0}]`),
      keys(`[${Array.from({ length: 9 }, () => key('"2026-11-25T00:00:00Z"')).join()}]`),
    ]
    for (const text of wrong) {
      const read = parseFederation(text)
      assert.equal(read.ok, false, text)
      assert.ok(!JSON.stringify(read).includes('cdcd'), text)
    }
    assert.equal(parseFederation(keys(`[${key('"2026-11-25T00:00:00Z"')}]`)).ok, true)
  })

  it('is rotated every 90 days at the soonest, unless it is urgent', () => {
    const first = made()
    const early = rotated(first, NOW + 90 * DAY_MS - 1, chance)
    assert.equal(!early.ok && early.code, 'rotated-lately')
    const urgent = take(rotated(first, NOW + DAY_MS, chance, true))
    assert.deepEqual(urgent.keys.slice(1), first.keys)
    const next = take(rotated(first, NOW + 90 * DAY_MS, chance))
    assert.equal(next.keys.length, 2)
    // Under a key of which nothing can live any more, only guesses can be tested.
    const late = take(rotated(next, NOW + (90 + 187) * DAY_MS, chance))
    assert.deepEqual(late.keys.slice(1), next.keys.slice(0, 1))
    // The newest is newer than one that a clock ahead of ours has made.
    const ahead = take(rotated(next, NOW + DAY_MS, chance, true))
    assert.ok(ahead.keys[0]!.createdMs > next.keys[0]!.createdMs)
    let many = first
    while (many.keys.length < EPOCH_KEYS_MAX) many = take(rotated(many, NOW, chance, true))
    const full = rotated(many, NOW, chance, true)
    assert.equal(!full.ok && full.code, 'too-many-keys')
  })

  it('law: operators who rotate at once end in one state, in whatever order they exchange', () => {
    const days = fc.array(fc.nat(3), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(
        days,
        fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { maxLength: 12 }),
        (at, swaps) => {
          const first = made()
          const copies = [0, 1, 2].map((i) =>
            at[i] === undefined ? first : take(rotated(first, NOW + (90 + at[i]) * DAY_MS, chance)),
          )
          const now = NOW + 100 * DAY_MS
          const mix = (to: number, from: number) => {
            copies[to] = take(merged(copies[to]!, copies[from]!, now))
          }
          for (const [to, from] of swaps) mix(to, from)
          for (const [to, from] of [
            [0, 1],
            [0, 2],
            [1, 0],
            [2, 0],
          ] as const)
            mix(to, from)
          assert.deepEqual(copies[1], copies[0])
          assert.deepEqual(copies[2], copies[0])
          assert.equal(copies[0]!.keys.length, 1 + at.length)
        },
      ),
    )
  })

  it('a file of another network, or with a key from the future, is not merged', () => {
    const [ours, other] = [made(), made()]
    const another = merged(ours, other, NOW)
    assert.equal(!another.ok && another.code, 'another-network')
    const createdMs = NOW + LIMITS.futureMsMax + 1
    const future = { ...ours, keys: [{ key: 'ee'.repeat(32), createdMs }] }
    const early = merged(ours, future, NOW)
    assert.equal(!early.ok && early.code, 'key-from-the-future')
    assert.equal(merged(ours, { ...future, name: 'renamed' }, NOW + 1).ok, true)
    assert.equal(take(merged(ours, { ...ours, name: 'renamed' }, NOW)).name, 'Frontier labs')
  })

  it('a disk that fails is named', async () => {
    const path = join(folder, 'missing', 'file.yaml')
    await assert.rejects(writeFederation(path, made()), StoreError)
    assert.equal(await readFile(path).catch(() => 'nothing'), 'nothing')
  })
})
