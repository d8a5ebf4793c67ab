/** A body that is too large is answered once it was read away, so that the answer arrives. */
import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { openApi, TOKENS, type Api } from './api.js'
import { until } from '../support/until.js'

describe('http: a body that is too large', () => {
  let api: Api
  before(async () => (api = await openApi()))
  after(() => api.stop())

  it('is answered after its last byte: who still sends would lose the answer', async () => {
    const bytes = 8 << 20
    const socket = createConnection(Number(new URL(api.address).port), '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
    const head = [
      'POST /v1/reports HTTP/1.1',
      'Host: localhost',
      `X-Api-Key: ${TOKENS.detector}`,
      'Content-Type: application/json',
      `Content-Length: ${bytes}`,
      'Connection: close',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    await new Promise((sent) => socket.write(Buffer.alloc(bytes - 1, 'x'), sent))
    // By then the API has long seen the head and much of the body.
    for (let i = 0; i < 20; i++) await api.ask('GET', '/healthz')
    assert.equal(heard, '')
    socket.write('x')
    await until(() => /^HTTP\/1.1 413 [^]*"body-too-large"/.test(heard))
    socket.destroy()
  })
})
