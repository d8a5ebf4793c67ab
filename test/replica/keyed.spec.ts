/** A replica has the epoch keys only by a token that carries them, and follows a rotation. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openApi, type Api } from '../http/api.js'
import { Epochs } from '../support/epochs.js'
import { openLab } from '../support/lab.js'
import { followedAt, until, type Followed } from './followed.js'

const EMAIL = { type: 'email', value: 'someone@example.org' }

describe('replica: keyed values', () => {
  let api: Api
  let line: Followed
  let epochs: Epochs
  let token: string

  beforeEach(async () => {
    epochs = new Epochs()
    const lab = await openLab('Lab A', { keyRing: epochs.ring })
    api = await openApi({}, {}, lab)
    line = await followedAt(api)
    const body = { name: 'near', role: 'gateway', keyed: true }
    const made = await api.ask('POST', '/v1/tokens', { as: 'operator', body })
    assert.equal(made.body['keyed'], true)
    token = String(made.body['token'])
    await lab.voice.report([EMAIL])
  })
  afterEach(() => line.stop())

  for (const mode of ['streaming', 'polling'] as const) {
    it(`${mode}: answers by itself with the keys, and says KEYED_OFF without them`, async () => {
      const keyed = await line.follow({ credential: token, mode })
      const plain = await line.follow({ mode })
      for (const replica of [keyed, plain]) await line.level(replica)
      assert.equal(plain.check(EMAIL).errorCode, 'KEYED_OFF')
      await until('it has the keys', () => keyed.check(EMAIL).errorCode === undefined)
      assert.equal(keyed.check(EMAIL).action, 'block')
      assert.equal(keyed.checkRequest({ attributes: [EMAIL] }).action, 'block')
      assert.equal(keyed.check({ ...EMAIL, value: 'other@example.org' }).action, 'allow')
      epochs.rotate(2)
      assert.equal(keyed.check(EMAIL).action, 'block')
      const other = { ...EMAIL, value: 'second@example.org' }
      await api.lab.voice.report([other])
      await until('it has the new key', () => keyed.check(other).action === 'block')
      assert.equal(keyed.check(EMAIL).action, 'block')
      const id = keyed.check(EMAIL).decisionId
      const { body } = await api.ask('GET', `/v1/decisions/by-id/${id}`, { as: 'operator' })
      assert.equal((body['decision'] as { action: string }).action, 'block')
    })
  }

  it('an allow entry counts at the replica, and the keys are in no file of it', async () => {
    const dir = join(line.folder, 'kept')
    const replica = await line.follow({ credential: token, store: { dir } })
    await line.level(replica)
    await until('it has the keys', () => replica.check(EMAIL).action === 'block')
    const body = { ...EMAIL, reason: 'ours' }
    await api.ask('POST', '/v1/allowlist', { as: 'operator', body })
    await line.level(replica)
    assert.equal(replica.check(EMAIL).action, 'allow')
    await replica.flush()
    const { keys, local } = epochs.ring().parts
    const names = await readdir(dir)
    assert.ok(names.length > 0)
    for (const name of names) {
      const text = (await readFile(join(dir, name))).toString('latin1')
      for (const secret of [local, ...keys.map(({ key }) => key)]) {
        assert.ok(!text.includes(secret))
        assert.ok(!text.includes(Buffer.from(secret, 'hex').toString('latin1')))
      }
    }
    // Started again without its node it cannot read such a value, and says so.
    await replica.close()
    const alone = await line.follow({ mode: 'offline', store: { dir } })
    assert.equal(alone.check(EMAIL).errorCode, 'KEYED_OFF')
  })

  it('its log never holds a keyed value', async () => {
    const logged: unknown[] = []
    const decisionLog = {
      sink: (some: readonly unknown[]) => void logged.push(...some),
      values: true,
    }
    const replica = await line.follow({ credential: token, decisionLog })
    await line.level(replica)
    await until('it has the keys', () => replica.check(EMAIL).action === 'block')
    await replica.flush()
    assert.ok(logged.length > 0)
    assert.ok(!JSON.stringify(logged).includes('someone'))
    assert.match(JSON.stringify(logged), /\(keyed\)/)
  })
})
