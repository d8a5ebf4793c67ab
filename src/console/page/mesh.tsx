/**
 * Who hears whom: nodes on a circle and an arrow for each that has applied another's log, by its
 * own signed word; and the same as a table.
 */
import { useAsked } from './ask.js'
import { Card, Empty, Foreign, plain, Problem, span, Table, Waiting } from './shown.js'
import type { MemberKey, Peers, Status } from './status.js'

const SIZE = 460
const RADIUS = 160
const DOT = 13

interface Node {
  readonly peerId: string
  readonly name: string
  readonly state: 'own' | 'current' | 'quiet' | 'behind' | 'down'
  readonly x: number
  readonly y: number
}

export function MeshPage() {
  const { body: status, error } = useAsked<Status>('/v1/status', 3_000)
  const { body: peers, error: peersError } = useAsked<Peers>('/v1/peers', 3_000)
  if (status === undefined || peers === undefined) {
    return error === undefined && peersError === undefined ? (
      <Waiting />
    ) : (
      <Problem error={error ?? peersError} />
    )
  }
  if (status.members.length === 0) {
    return (
      <Empty>
        This node hears nobody yet. <a href="#/members">Admit a member</a> by the card that its
        operator gives you.
      </Empty>
    )
  }
  return (
    <div class="cards">
      <Card title="Who hears whom" wide>
        <Graph nodes={nodesOf(status)} peers={peers} own={status.peerId} />
        <p class="legend">
          <span class="node own">we</span> <span class="node current">current</span>{' '}
          <span class="node quiet">quiet</span> <span class="node behind">not current</span>{' '}
          <span class="node down">no link</span>
        </p>
      </Card>
      <Card title="Keys" wide>
        <Keys status={status} peers={peers} />
      </Card>
    </div>
  )
}

function nodesOf(status: Status): Node[] {
  const keys = status.members.flatMap(({ name, keys: held }) =>
    held.map((key) => ({ name, peerId: key.peerId, state: stateOf(key) })),
  )
  const all = [{ name: status.name, peerId: status.peerId, state: 'own' as const }, ...keys]
  return all.map((one, i) => {
    const angle = (2 * Math.PI * i) / all.length - Math.PI / 2
    const x = SIZE / 2 + RADIUS * Math.cos(angle)
    return { ...one, x, y: SIZE / 2 + RADIUS * Math.sin(angle) }
  })
}

function stateOf({ link, quiet, current }: MemberKey): Node['state'] {
  if (link !== 'up') return 'down'
  return quiet ? 'quiet' : current ? 'current' : 'behind'
}

function Graph({
  nodes,
  peers,
  own,
}: {
  readonly nodes: readonly Node[]
  readonly peers: Peers
  readonly own: string
}) {
  const drawn = edgesOf(nodes, peers, own)
  const text = drawn.map(([a, b]) => `${plain(b.name)} hears ${plain(a.name)}`).join('; ')
  return (
    <svg
      class="mesh"
      viewBox={`0 0 ${SIZE} ${SIZE}`}
      role="img"
      aria-label={`Members: ${text === '' ? 'nobody hears anybody yet' : text}`}
    >
      <Arrow />
      {drawn.map(([a, b]) => (
        <path key={`${a.peerId} ${b.peerId}`} class="edge" d={arc(a, b)} marker-end="url(#arrow)" />
      ))}
      {nodes.map(({ peerId, name, state, x, y }) => (
        <g key={peerId} class={`node ${state}`}>
          <circle cx={x} cy={y} r={DOT} />
          <text x={x} y={y + (y < SIZE / 2 ? -DOT - 8 : DOT + 18)} text-anchor="middle">
            {plain(name).slice(0, 24)}
          </text>
        </g>
      ))}
    </svg>
  )
}

function Arrow() {
  return (
    <defs>
      <marker
        id="arrow"
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerWidth="7"
        markerHeight="7"
        orient="auto-start-reverse"
      >
        <path d="M0 0 L8 4 L0 8 z" />
      </marker>
    </defs>
  )
}

/** From whom is heard to who hears. */
function edgesOf(nodes: readonly Node[], { peers }: Peers, own: string) {
  const places = new Map(nodes.map((node) => [node.peerId, node]))
  // What we hear is what we hold of admitted logs; others say it for themselves.
  const edges = peers.flatMap(({ peerId, link, hears, hearsUs }) => [
    ...hears.map((author) => [author, peerId] as const),
    ...(link === 'up' ? [[peerId, own] as const] : []),
    ...(hearsUs === true && !hears.includes(own) ? [[own, peerId] as const] : []),
  ])
  return edges.flatMap(([from, to]) => {
    const [a, b] = [places.get(from), places.get(to)]
    return a === undefined || b === undefined || a === b ? [] : [[a, b] as const]
  })
}

/** Bent, so that the two ways between two nodes are two lines; ends at the rim of the dot. */
function arc(a: Node, b: Node): string {
  const length = Math.hypot(b.x - a.x, b.y - a.y)
  const [dx, dy] = [(b.x - a.x) / length, (b.y - a.y) / length]
  const [mx, my] = [(a.x + b.x) / 2 - dy * 18, (a.y + b.y) / 2 + dx * 18]
  const rim = (at: Node, towards: number) =>
    `${(at.x + dx * towards).toFixed(1)} ${(at.y + dy * towards).toFixed(1)}`
  return `M${rim(a, DOT)} Q${mx.toFixed(1)} ${my.toFixed(1)} ${rim(b, -DOT - 2)}`
}

function Keys({ status, peers: { peers } }: { readonly status: Status; readonly peers: Peers }) {
  const byPeer = new Map(peers.map((peer) => [peer.peerId, peer]))
  const rows = status.members.flatMap(({ name, keys }) => keys.map((key) => ({ name, ...key })))
  return (
    <Table
      label="Keys of members and their links"
      rows={rows}
      columns={[
        { head: 'member', cell: ({ name }) => <Foreign text={name} /> },
        { head: 'key', cell: ({ peerId }) => <code title={peerId}>…{peerId.slice(-10)}</code> },
        { head: 'link', cell: ({ link }) => <span class={`link ${link}`}>{link}</span> },
        {
          head: 'is',
          cell: (key) => (key.quiet ? 'quiet' : key.current ? 'current' : 'not current'),
        },
        {
          head: 'hears us',
          cell: ({ peerId }) => {
            const hearsUs = byPeer.get(peerId)?.hearsUs ?? null
            return hearsUs === null ? 'has not said' : hearsUs ? 'yes' : 'no'
          },
        },
        { head: 'envelopes', isNumber: true, cell: ({ head }) => head },
        {
          head: 'round trip',
          isNumber: true,
          cell: ({ lagMs }) => (lagMs === null ? '–' : span(lagMs)),
        },
        {
          head: 'applied ours within',
          isNumber: true,
          cell: ({ appliedLagMs }) => (appliedLagMs === null ? '–' : span(appliedLagMs)),
        },
      ]}
    />
  )
}
