/** A process that lives through worlds for `npm run soak simulate`, one block at a time. */
import { live } from './coverage.js'

export interface Task {
  readonly from: number
  readonly seeds: number
}

process.on('message', ({ from, seeds }: Task) => {
  void live(from, seeds).then((lived) => process.send!(lived))
})
