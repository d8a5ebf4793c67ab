/** The command line's HTTP client on a Unix socket. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '../../src/cli/client.js'
import type { Failure } from '../../src/cli/failure.js'

describe('cli: client', () => {
  it('outlives a node that closes as soon as it has read and answered', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-client-'))
    const socketPath = join(folder, 'api.sock')
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (chunk) => {
          const isLast = chunk.toString('latin1').endsWith('}')
          // Nothing in it says that the connection ends.
          if (isLast) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}').destroySoon()
        })
    })
    server.listen(socketPath)
    await once(server, 'listening')
    const url = new URL('http://localhost')
    const client = new Client({ url, socketPath, token: 'x', address: undefined, name: 'a node' })
    let answered = 0
    try {
      for (let i = 0; i < 200; i++) {
        const body = { value: 'a'.repeat(1 << 20) }
        const headers = { connection: 'close' }
        try {
          const { status } = await client.ask({ method: 'POST', path: '/', body, headers })
          assert.equal(status, 200)
          answered++
        } catch (error) {
          // Where the end is met before the answer was read, the node counts as gone.
          assert.equal((error as Failure).code, 'no-node')
        }
      }
      assert.ok(answered > 0)
    } finally {
      client.close()
      server.close()
      await rm(folder, { recursive: true })
    }
  })
})
