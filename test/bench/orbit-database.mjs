/**
 * One peer of an OrbitDB, the reference beside which envelopes from a member are measured. Copied
 * beside the packages it needs and started there by `orbit.ts`. Reads one line of JSON, answers
 * one, and ends with its input:
 *
 *   { folder, records }               adds them to a new database; { database, peer, seconds }
 *   { folder, count, database, peer } fetches from that peer until all are here; { seconds }
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { bitswap } from '@helia/block-brokers'
import { libp2pRouting } from '@helia/routers'
import { Helia } from '@helia/utils'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createOrbitDB } from '@orbitdb/core'
import { LevelBlockstore } from 'blockstore-level'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'

const WAIT_MS_MAX = 300_000

async function open(folder) {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
    },
  })
  const blockstore = new LevelBlockstore(join(folder, 'blocks'))
  await blockstore.open()
  const helia = new Helia({
    libp2p,
    blockstore,
    datastore: new MemoryDatastore(),
    blockBrokers: [bitswap()],
    routers: [libp2pRouting(libp2p)],
  })
  await helia.start()
  // As the package `helia` does, which brings a browser's transports along.
  helia.libp2p = libp2p
  return { libp2p, orbit: await createOrbitDB({ ipfs: helia, directory: join(folder, 'orbit') }) }
}

async function write({ folder, records }) {
  const { libp2p, orbit } = await open(folder)
  const database = await orbit.open('records')
  const began = performance.now()
  for (const record of records) await database.add(record)
  const seconds = (performance.now() - began) / 1_000
  return { database: database.address, peer: libp2p.getMultiaddrs()[0].toString(), seconds }
}

async function read({ folder, count, database: address, peer }) {
  const { libp2p, orbit } = await open(folder)
  const { multiaddr } = await import('@multiformats/multiaddr')
  const began = performance.now()
  await libp2p.dial(multiaddr(peer))
  const database = await orbit.open(address)
  const signal = AbortSignal.timeout(WAIT_MS_MAX)
  // Told of what its peer has newest, once all below that is here.
  while ((await sizeOf(database)) < count) await once(database.events, 'update', { signal })
  return { seconds: (performance.now() - began) / 1_000 }
}

async function sizeOf(database) {
  let size = 0
  for await (const record of database.iterator({ amount: -1 })) if (record !== undefined) size++
  return size
}

const lines = createInterface({ input: process.stdin })
lines.once('line', (line) => {
  const asked = JSON.parse(line)
  const answering = asked.records === undefined ? read(asked) : write(asked)
  answering.then(
    (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`),
    (error) => {
      process.stderr.write(`${error.stack}\n`)
      process.exit(1)
    },
  )
})
lines.on('close', () => process.exit(0))
