/**
 * Bugs put in on purpose: what the simulation would have to notice, and does. Each wraps the real
 * code from outside; nothing in src knows of it.
 */
import { open, toBytes } from '../../src/core/envelope.js'
import type { Head } from '../../src/core/heads.js'
import type { AuthorId } from '../../src/core/identity.js'
import { Draft } from '../../src/lookup/draft.js'
import { Forks } from '../../src/intake/forks.js'
import type { Run } from './run.js'
import type { Plant } from './world.js'

/** Makes the door believe that the end of the log is what the envelope at hand asks for. */
function pretend(run: Run, fits: (tip: Head | undefined, seq: number) => boolean): void {
  const { intake } = run
  const [accept, tip] = [intake.accept, intake.tip.bind(intake)]
  let pretended: Head | undefined
  intake.tip = (author: AuthorId) => (pretended?.author === author ? pretended : tip(author))
  const wrapped: typeof accept = (bytes, origin) => {
    const opened = open(bytes)
    if (opened.ok && opened.value.prev !== null) {
      const { author, seq, prev, time } = opened.value
      if (fits(tip(author), seq)) pretended = { author, seq: seq - 1, id: prev, time }
    }
    try {
      return accept(bytes, origin)
    } finally {
      pretended = undefined
    }
  }
  Object.assign(intake, { accept: wrapped })
}

function patchDraft(): () => void {
  const { continues } = Draft.prototype
  Draft.prototype.continues = () => true
  return () => (Draft.prototype.continues = continues)
}

export const PLANTS: readonly Plant[] = [
  {
    name: 'apply out of order',
    patch: patchDraft,
    plant: (run) => pretend(run, (tip, seq) => seq > (tip?.seq ?? 0) + 1),
  },
  {
    name: 'skip the chain check',
    patch: patchDraft,
    plant: (run) => pretend(run, (tip, seq) => seq === (tip?.seq ?? 0) + 1),
  },
  {
    name: 'publish before the commit',
    plant: (run) => {
      const { intake } = run
      const acceptOwn = intake.acceptOwn.bind(intake)
      intake.acceptOwn = (envelopes, receipts) => {
        for (const envelope of envelopes) run.ear.published(run, toBytes(envelope))
        return acceptOwn(envelopes, receipts)
      }
    },
  },
  {
    name: 'forget the freeze',
    patch: () => {
      const { endOf } = Forks.prototype
      const unpatch = patchDraft()
      Forks.prototype.endOf = () => Infinity
      return () => {
        Forks.prototype.endOf = endOf
        unpatch()
      }
    },
  },
  { name: 'drop un-synced rows', plant: (_run, node) => void (node.disk.lies = true) },
]
