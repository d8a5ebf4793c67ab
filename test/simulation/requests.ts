/** What a node's clients ask of it, and ask again when they were not answered. */
import { HOUR_MS } from '../../src/core/limits.js'
import { VoiceError } from '../../src/core/ports.js'
import { StoreError } from '../../src/core/store-port.js'
import type { Ask, Up } from './node.js'
import { VALUES } from './values.js'
import type { World } from './world.js'

const LIVES = ['1m', '10m', '1h', '6h', '1d', '7d']
const ACTIONS = ['observe', 'throttle', 'challenge', 'block']
/** A client does not repeat what is older: receipts are kept for a day. */
const PATIENCE_MS = 12 * HOUR_MS

export function speak(world: World, node: Up, how: 'report' | 'correct' | 'revoke'): void {
  const { random } = world
  const ours = node.acknowledged.filter(({ kind }) => kind === 'report').slice(-12)
  const receipt = random.chance(0.5) ? random.hex(32) : undefined
  const common = { receipt, askedMs: world.time.now }
  if (how === 'revoke') {
    const value = ours.length > 0 && random.chance(0.8) ? random.pick(ours).value : undefined
    const { type, value: name } = VALUES.find((one) => one.value === value) ?? random.pick(VALUES)
    const items = [{ type, value: name, reason: 'false-positive' }]
    return ask(world, node, { ...common, kind: 'revocation', items })
  }
  const items = Array.from({ length: random.pick([1, 1, 1, 2, 4]) }, () => {
    const again = how === 'correct' && ours.length > 0 ? random.pick(ours).value : undefined
    const { type, value } = VALUES.find((one) => one.value === again) ?? random.pick(VALUES)
    return {
      type,
      value,
      ttl: how === 'correct' ? random.pick(LIVES.slice(0, 3)) : random.pick(LIVES),
      action: random.pick(ACTIONS),
      confidence: random.between(50, 100),
      firstHand: random.chance(0.9),
      campaign: random.hex(16),
    }
  })
  ask(world, node, { ...common, kind: 'report', items })
}

function ask(world: World, node: Up, request: Ask): void {
  const { run } = node
  node.asked.add(request)
  world.note(`${node.name} ${request.kind} ${request.items.map(({ value }) => value).join()}`)
  const { voice } = run
  const options = request.receipt === undefined ? {} : { receipt: request.receipt }
  const answer =
    request.kind === 'report'
      ? voice.report(request.items, options)
      : voice.revoke(request.items, options)
  const heard = answer.then(
    (results) => run.alive && node.answered(request, results),
    (error: unknown) => {
      if (!run.alive) return
      const known = error instanceof VoiceError || error instanceof StoreError
      if (!known || error.code === 'idempotency-mismatch') throw error
      world.note(`${node.name} cannot speak: ${error.code}`)
      node.failed(request)
    },
  )
  world.track(`${node.name} answers`, [run], heard)
}

export function retry(world: World, node: Up): void {
  const again = node.unanswered.splice(0)
  for (const request of again) {
    if (world.time.now - request.askedMs > PATIENCE_MS) continue
    world.cover('repeated request')
    ask(world, node, request)
  }
}
