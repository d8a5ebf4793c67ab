/**
 * Nodes whose mesh leads to the real store, writer and intake, in memory and with a clock that the
 * test owns; stopped after each test.
 */
import { OPEN_FEDERATION, type AuthorId } from '../../src/core/identity.js'
import type { Link } from '../../src/core/mesh-port.js'
import { Examiner } from '../../src/intake/examiner.js'
import { Mesh } from '../../src/mesh/mesh.js'
import type { MeshTimings } from '../../src/mesh/timings.js'
import { NOW, openLab, ownOf, seedOf, type Lab } from '../support/lab.js'
import { until } from '../support/until.js'
import { putMember } from '../../src/core/roster.js'

export interface RealNode {
  readonly lab: Lab
  readonly mesh: Mesh
  readonly codes: readonly string[]
  link(other: RealNode): Link | undefined
}

const running = new Set<RealNode>()

export async function startNode(
  name: string,
  options: {
    readonly timings?: Partial<MeshTimings>
    readonly time?: { now: number }
    readonly lab?: Lab
  } = {},
): Promise<RealNode> {
  const codes: string[] = []
  const note = (code: string) => void codes.push(code)
  const time = options.time ?? { now: NOW }
  const lab =
    options.lab ?? (await openLab(name, { time, publish: (bytes) => mesh.publish(bytes) }))
  const { state, damage, intake, own } = lab
  const mesh: Mesh = new Mesh(
    {
      seed: seedOf(name),
      networkId: OPEN_FEDERATION.networkId,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      announce: [],
      timings: options.timings ?? {},
    },
    {
      accept: new Examiner(intake, () => false).accept,
      roster: () => state.roster,
      heads: () => state.heads,
      floorOf: (author) => state.floorOf(author),
      forks: () => state.forks,
      hearTime: () => undefined,
      damaged: () => damage.places,
      readLog: damage.logRows,
      own,
      clock: () => time.now,
      log: { debug: () => undefined, info: note, warn: note, error: note },
    },
  )
  const node: RealNode = {
    lab,
    mesh,
    codes,
    link: (other) => mesh.links().find(({ author }) => author === other.lab.own),
  }
  await mesh.start()
  running.add(node)
  return node
}

export async function stopNodes(): Promise<void> {
  await Promise.all([...running].map(({ mesh }) => mesh.stop()))
  running.clear()
}

/** Admits a key by name, with the addresses of the node where it is running. */
export async function admit(node: RealNode, member: string, at?: RealNode): Promise<void> {
  const key: { author: AuthorId; addresses: readonly string[] } = {
    author: ownOf(member),
    addresses: at?.mesh.addresses() ?? [],
  }
  const details = { role: 'member', trust: 'corroborate', addedMs: NOW } as const
  await node.lab.lists.change(putMember({ name: member, ...details, keys: [key] }))
}

/** All of them admit and dial each other. */
export async function meshed(...nodes: readonly RealNode[]): Promise<void> {
  for (const node of nodes) {
    for (const other of nodes) if (node !== other) await admit(node, other.lab.name, other)
  }
  const keys = new Set(nodes.map(({ lab }) => lab.own))
  // One question a node: asking for each link would keep twenty of them from linking.
  const allUp = ({ mesh }: RealNode) =>
    mesh.links().every(({ author, link }) => link === 'up' || !keys.has(author))
  await until(() => nodes.every(allUp), {
    what: 'all links up',
    timeoutMs: 10_000 + 6_000 * nodes.length,
  })
}
