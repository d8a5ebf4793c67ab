/** `npm run bench replica`: a million clear keys, in a process of its own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { compiled } from '../support/compiled.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import type { ReplicaBench } from './replica-measure.js'

export async function benchReplica(asked: ReplicaBench): Promise<Figures> {
  const program = await compiled('test/bench/replica-measure.ts')
  try {
    const child = fork(program.entry)
    const gone = once(child, 'exit').then(() => {
      throw new Error('the measurement ended early')
    })
    child.send(asked)
    const [figures] = (await Promise.race([once(child, 'message'), gone])) as [Figures]
    gone.catch(() => undefined)
    return figures
  } finally {
    await program.remove()
  }
}

await runSoak(import.meta.url, 'replica', () => benchReplica({ keys: 1_000_000, asked: 400_000 }))
