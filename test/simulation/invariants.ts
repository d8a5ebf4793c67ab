/**
 * What must hold after every step, worked out from what the world saw, not from what the nodes say
 * of themselves.
 */
import { openParts } from '../../src/core/envelope.js'
import { dayOf } from '../../src/core/heads.js'
import type { Report } from '../../src/core/statement.js'
import { Held } from './held.js'
import type { Node, Up } from './node.js'
import type { Run } from './run.js'
import type { World } from './world.js'

/** After a start: what was durable before is there again, and what is there becomes the account. */
export async function heldAgain(world: World, node: Node, run: Run): Promise<void> {
  const { state, store } = run
  const wrong = (what: string) => world.fail(`${node.name} after a restart: ${what}`)
  if (node.putBack) node.held = new Held()
  if (run.broken.length > 0) wrong('a log is broken')
  if (run.doubt !== undefined) wrong(run.doubt)
  for (const author of node.held.authors) {
    const before = node.held.head(author)
    if (before !== undefined && !state.forks.has(author)) {
      const now = state.heads.get(author)?.seq ?? 0
      if (now < before.seq) wrong(`lost ${world.nameOf(author)} ${now + 1} to ${before.seq}`)
    }
  }
  for (const [author, head] of state.heads) {
    const floor = state.floorOf(author)
    const rows = await store.logRows(author, floor, head.seq, Infinity)
    for (const [i, row] of rows.entries()) {
      const held = node.held.at(author, floor + i)
      if (held !== undefined) {
        const isSame = Buffer.compare(held.header, row.header) === 0
        if (!isSame) wrong(`${world.nameOf(author)} ${floor + i} has changed`)
        continue
      }
      // Durable just before the crash: nobody was told, so only the disk knows.
      const whole = openParts(row.header, row.signature, row.payload)
      if (!whole.ok) return wrong(whole.code)
      world.witness(node, whole.value, run.clock.now())
    }
  }
  for (const [author, proof] of state.forks) {
    node.held.end(author, state.heads.has(author) ? proof.seq : 0)
  }
  node.trusts.clear()
  for (const member of state.lists.of('roster').values()) node.admits(member.name, member)
  node.checked = 0
}

/** The cheap ones. */
export function checkNode(world: World, node: Up): void {
  const { state } = node.run
  for (const [author, proof] of state.forks) {
    if (world.isHonest(author)) world.fail(`${node.name} holds ${world.nameOf(author)} for forked`)
    if ((state.heads.get(author)?.seq ?? 0) >= proof.seq)
      world.fail(`${node.name} goes on with ${world.nameOf(author)} beyond its fork`)
  }
  for (const author of new Set([...node.held.authors, ...state.heads.keys()])) {
    if (state.heads.get(author)?.id !== node.held.head(author)?.id)
      world.fail(`${node.name} shows another head of ${world.nameOf(author)} than it committed`)
  }
  checkAcknowledged(world, node)
}

/** All that was acknowledged is in the author's own log, exactly once. */
function checkAcknowledged(world: World, node: Up): void {
  if (node.checked === node.acknowledged.length) return
  // Silent until others have brought what an older copy of the database lacks.
  if (node.putBack && node.disk.marked > (node.held.head(node.own)?.seq ?? 0)) return
  const log = node.held.log(node.own)
  const byId = new Map(log.map((envelope) => [envelope.id, envelope]))
  const campaigns = new Map<string, number>()
  for (const statement of log.flatMap((envelope) => envelope.statements)) {
    if (statement.kind !== 'report' || statement.campaign === null) continue
    campaigns.set(statement.campaign, (campaigns.get(statement.campaign) ?? 0) + 1)
  }
  for (const [campaign, count] of campaigns) {
    if (count !== 1) world.fail(`${node.name} said ${campaign} ${count} times`)
  }
  for (const { envelope, kind, value, campaign } of node.acknowledged) {
    // Older than anything that can matter, and swept.
    if ((world.book.get(envelope)?.seq ?? Infinity) < (log[0]?.seq ?? 0)) continue
    const said = byId.get(envelope)?.statements.some((statement) => {
      if (statement.kind !== kind || statement.value !== value) return false
      return campaign === undefined || (statement as Report).campaign === campaign
    })
    if (said !== true) world.fail(`${node.name} lost an acknowledged ${kind} of ${value}`)
  }
  node.checked = node.acknowledged.length
}

/** Nodes at the same place of a log make the same claims of it. */
export function checkHashes(world: World): void {
  const day = Math.max(...world.up.map(({ run }) => dayOf(run.clock.now())))
  const seen = new Map<string, string>()
  const same = (place: string, hash: string) => {
    if ((seen.get(place) ?? hash) !== hash) world.fail(`two states for ${place}`)
    seen.set(place, hash)
  }
  for (const { run } of world.up) {
    const { state } = run
    for (const [author, head] of state.heads) {
      same(`${world.nameOf(author)} ${head.seq} ${head.id}`, state.sums.authorHash(author, day))
    }
    if (state.forks.size === 0) same(`log ${state.logHash}`, state.sums.stateHash(day))
  }
}
