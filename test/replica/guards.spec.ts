/** Real applications of express and fastify behind the guard of a replica. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { fastify } from 'fastify'
import { expressGuard, fastifyGuard, type GuardOptions } from '../../src/replica/guards.js'
import type { Replica } from '../../src/replica/replica.js'
import { followed, until, type Followed } from './followed.js'

const BAD = '198.51.100.7'
const CLEAN = '198.51.100.8'

describe('replica: guards', () => {
  let here: Followed
  let replica: Replica
  const seen: string[] = []
  const options: GuardOptions<{ headers: object; socket: object }> = {
    attributes: () => {
      throw new Error('an application that fails')
    },
    onVerdict: (_, { action }) => {
      seen.push(action)
      throw new Error('so does this')
    },
  }
  const ends: (() => Promise<unknown>)[] = []
  before(async () => {
    here = await followed()
    await here.api.lab.voice.report([{ type: 'ip', value: BAD }])
    replica = await here.follow()
    await here.level(replica)
  })
  after(async () => {
    for (const end of ends) await end()
    await here.stop()
  })

  const expressApp = async (): Promise<string> => {
    const app = express()
    app.use(expressGuard(replica, options as object))
    app.get('/', (_, res) => void res.send('hello'))
    const server: Server = createServer(app as never).listen(0, '127.0.0.1')
    await once(server, 'listening')
    ends.push(() => Promise.resolve(server.close()))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const fastifyApp = (): Promise<string> => {
    const app = fastify()
    app.addHook('onRequest', fastifyGuard(replica, options as object) as never)
    app.get('/', () => 'hello')
    ends.push(() => app.close())
    return app.listen({ host: '127.0.0.1', port: 0 })
  }

  for (const [name, start] of [
    ['express', expressApp],
    ['fastify', fastifyApp],
  ] as const) {
    it(`${name}: declines who is blocked, and nobody else`, async () => {
      const url = await start()
      const visit = async (headers: Record<string, string>) => {
        const answer = await fetch(url, { headers: { ...headers, connection: 'close' } })
        return [answer.status, answer.headers.get('x-tocsin-action'), await answer.text()]
      }
      seen.length = 0
      assert.deepEqual(await visit({ 'x-real-ip': BAD }), [
        403,
        'block',
        'This request was declined.\n',
      ])
      assert.deepEqual(await visit({ 'x-real-ip': CLEAN }), [200, 'allow', 'hello'])
      assert.deepEqual(seen, ['block', 'allow'])
      const forged = await visit({ 'x-forwarded-for': `${CLEAN}, ${BAD}` })
      assert.equal(forged[0], 403)
      assert.equal((await visit({}))[0], 403)
    })
  }

  it('a revocation frees at once', async () => {
    const url = await expressApp()
    await here.api.lab.voice.revoke([{ type: 'ip', value: BAD, reason: 'false-positive' }])
    await until('it is freed', () => replica.check({ type: 'ip', value: BAD }).action === 'allow')
    assert.equal((await fetch(url, { headers: { 'x-real-ip': BAD } })).status, 200)
  })

  it('proxies that are none are told at once', () => {
    assert.throws(() => expressGuard(replica, { trustedProxies: ['x'] }), {
      code: 'option-invalid',
    })
  })
})
