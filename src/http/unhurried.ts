/** A walk over everything live takes seconds; others get their turn every few milliseconds. */
import { setImmediate as nextTurn } from 'node:timers/promises'

const TURN_MS = 2
/** Looking at the clock costs as much as a small step. */
const LOOK_EVERY = 16

export async function unhurried<Item>(
  items: Iterable<Item>,
  visit: (item: Item) => void,
): Promise<void> {
  let began = performance.now()
  let seen = 0
  for (const item of items) {
    visit(item)
    if (++seen % LOOK_EVERY !== 0 || performance.now() - began < TURN_MS) continue
    await nextTurn()
    began = performance.now()
  }
}
