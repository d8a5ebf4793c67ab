/**
 * The reference beside which propagation is measured: a process with bare gossipsub whose validator
 * does one Ed25519 verify and one synced put of the same bytes, and an HTTP server that answers
 * what it holds. Same libraries, options and way to ask. Started as `plain` it does neither. By
 * `bare-mesh.ts`.
 *
 *   GET /addr · POST /dial (multiaddr) · GET /peers · POST /publish (bytes in hex) · GET /has?id= ·
 *   GET /copies
 */
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { Level } from 'level'
import { createLibp2p } from 'libp2p'
import { router } from '../../src/mesh/router.js'

const TOPIC = 'bare'
const isPlain = process.argv[2] === 'plain'
const folder = mkdtempSync(join(tmpdir(), 'tocsin-bare-'))
const level = new Level<string, Buffer>(folder, { valueEncoding: 'buffer' })
await level.open()
const keys = generateKeyPairSync('ed25519')
const known = generateKeyPairSync('ed25519')
const sample = sign(null, Buffer.alloc(300), known.privateKey)

const idOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const held = new Set<string>()

async function put(bytes: Uint8Array): Promise<void> {
  await level.put(idOf(bytes), Buffer.from(bytes), { sync: true } as object)
  held.add(idOf(bytes))
}

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  // All come from one address.
  connectionManager: { inboundConnectionThreshold: 1_000 },
  connectionMonitor: { abortConnectionOnPingFailure: false },
  services: {
    identify: identify(),
    pubsub: router([TOPIC], () => 0),
  },
})
const { pubsub } = node.services
pubsub.topicValidators.set(TOPIC, async (_peer, message) => {
  if (isPlain) held.add(idOf(message.data))
  else {
    verify(null, Buffer.alloc(300), known.publicKey, sample)
    await put(message.data)
  }
  return TopicValidatorResult.Accept
})
pubsub.subscribe(TOPIC)

const server = createServer((request, response) => {
  void (async () => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const url = new URL(request.url!, 'http://localhost')
    const answer = await answerTo(url, body)
    response.end(JSON.stringify(answer))
  })()
})

async function answerTo(url: URL, body: string): Promise<unknown> {
  switch (url.pathname) {
    case '/addr':
      return node.getMultiaddrs()[0]!.toString()
    case '/dial':
      await node.dial(multiaddr(body))
      return true
    case '/copies':
      return pubsub.copies()
    case '/peers':
      return pubsub.getSubscribers(TOPIC).length
    case '/publish': {
      const bytes = Buffer.from(body, 'hex')
      sign(null, bytes, keys.privateKey)
      await put(bytes)
      await pubsub.publish(TOPIC, bytes)
      return true
    }
    default:
      return held.has(url.searchParams.get('id')!)
  }
}

server.listen(0, '127.0.0.1', () => {
  process.send!({ port: (server.address() as { port: number }).port })
})
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})
