/**
 * The folder of a node on which much is live, grown through the one door: what members signed,
 * judged, folded and committed as if it had been fetched. Of ten indicators one is an address,
 * network or domain, shaped as real ones are; the others are keyed hashes of accounts.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolder, type Folder } from '../../src/folder.js'
import { seal, toBytes } from '../../src/core/envelope.js'
import { keyIdOf } from '../../src/core/epoch-keys.js'
import type { EnvelopeId } from '../../src/core/identity.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import { putMember } from '../../src/core/roster.js'
import type { Report } from '../../src/core/statement.js'
import { Intake } from '../../src/intake/intake.js'
import { OwnLists } from '../../src/intake/own-lists.js'
import { Undo } from '../../src/lifecycle.js'
import { run } from './fleet.js'
import { ownOf, seedOf } from './lab.js'
import { report } from './samples.js'

/** Each says as much as every other. */
export const MEMBERS = 10
const CLEAR = 10
const WINDOW = 64

export const memberNamed = (i: number) => `Member ${i}`

export type Numbered = Pick<Report, 'type' | 'value'>

export interface FullFolder {
  readonly data: string
  readonly federation: string
  /** The name of the epoch key. */
  readonly keyId: string
}

/** The `n`th of all indicators, always the same. */
export function indicatorNumbered(n: number, keyId: string): Numbered {
  const chance = createHash('md5').update(`indicator ${n}`).digest()
  if (n % CLEAR !== 0) return { type: 11, value: keyId + chance.toString('hex') }
  const [a, b, c, d] = chance
  const first = 1 + (a! % 9) + 70
  switch ((n / CLEAR) % 10) {
    case 0:
      return { type: 2, value: ipv6Of(chance) }
    case 1:
    case 2:
    case 3:
      return { type: 5, value: `${chance.toString('hex', 4, 8)}.${WORDS[d! % WORDS.length]!}.net` }
    default:
      return n % 1_000 === 40
        ? { type: 3, value: `${first}.${b!}.${c!}.0/24` }
        : { type: 1, value: `${first}.${b!}.${c!}.${d!}` }
  }
}

function ipv6Of([a, b, c, d]: Buffer): string {
  const [net, subnet, host] = [0x1000 + 16 * b! + c!, c!, 1 + d!].map((part) => part.toString(16))
  return `2a0${a! % 10}:${net}:${subnet}::${host}`
}

const WORDS = ['proxies', 'exit-nodes', 'cheap-vps', 'mailer', 'relay-cloud', 'tokens4u']

export class FullFolderMaker {
  #made = 0
  readonly #tips = new Map<number, { seq: number; id: EnvelopeId | null }>()

  private constructor(readonly folder: FullFolder) {}

  /** An empty folder of a federation of its own. */
  static async open(data: string): Promise<FullFolderMaker> {
    const { code, stdout } = await run(['--data', data, 'federation', 'create', 'Labs'])
    if (code !== 0) throw new Error(stdout)
    const federation = join(data, 'federation.yaml')
    const key = /key: ([0-9a-f]{64})/.exec(await readFile(federation, 'utf8'))![1]!
    return new FullFolderMaker({ data, federation, keyId: keyIdOf(key) })
  }

  get made(): number {
    return this.#made
  }

  /** Grows a stopped node's folder to `count` indicators. */
  async growTo(count: number): Promise<void> {
    const stack = new Undo()
    const { data, federation } = this.folder
    try {
      const config = { data, name: 'Full', federation, logLevel: 'warn' as const }
      const core = await openFolder(config, stack)
      if (this.#made === 0) await admitAll(core)
      await this.#say(new Intake(core.federation, core), core, count)
    } finally {
      await stack.unwind()
    }
  }

  async #say(intake: Intake, { federation, clock }: Folder, count: number): Promise<void> {
    const waiting: Promise<unknown>[] = []
    while (this.#made < count) {
      const size = Math.min(LIMITS.statementsMax, count - this.#made)
      const member = Math.floor(this.#made / LIMITS.statementsMax) % MEMBERS
      const until = clock() + 6 * DAY_MS
      const said = Array.from({ length: size }, (_, i) => {
        return report({ ...indicatorNumbered(this.#made + i, this.folder.keyId), until })
      })
      this.#made += size
      const { seq, id } = this.#tips.get(member) ?? { seq: 0, id: null }
      const place = { networkId: federation.networkId, seq: seq + 1, prev: id, time: clock() }
      const name = memberNamed(member)
      const envelope = seal(place, said, seedOf(name), ownOf(name))
      this.#tips.set(member, { seq: seq + 1, id: envelope.id })
      const { committed } = intake.accept(toBytes(envelope), { via: 'catch-up', from: ownOf(name) })
      waiting.push(
        committed.then((outcome) => {
          if (outcome.status !== 'accepted') throw new Error(JSON.stringify(outcome))
        }),
      )
      if (waiting.length >= WINDOW) await waiting.shift()
    }
    await Promise.all(waiting)
  }
}

async function admitAll(core: Folder): Promise<void> {
  const lists = new OwnLists(core)
  for (let i = 0; i < MEMBERS; i++) {
    const name = memberNamed(i)
    const keys = [{ author: ownOf(name), addresses: [] }]
    const rest = { role: 'member', trust: 'trusted', addedMs: core.clock() } as const
    await lists.change(putMember({ name, keys, ...rest }))
  }
}
