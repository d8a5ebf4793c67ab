/** Whether this node can do its work: disk, clock, voice, policy, pauses, what ends by itself. */
import type { DurationsRead } from '../core/durations.js'
import { SECOND_MS } from '../core/limits.js'
import { PAUSES } from '../core/own-rows.js'
import type { Clock, ScrubStatus, VoiceCode } from '../core/ports.js'
import { CLOCK_FAULTS } from '../core/steady-clock.js'
import type { LiveState } from '../lookup/live-state.js'
import { pauseOf } from '../lookup/pauses.js'
import type { Freshness } from '../lookup/verdict.js'
import type { Families } from './families.js'

export interface HealthParts {
  readonly state: LiveState
  readonly freshness: () => Freshness
  readonly diskOk: () => boolean
  readonly commits: () => { readonly waiting: number; readonly durations: DurationsRead }
  readonly scrub: () => ScrubStatus
  /** Mistakes of the policy file. */
  readonly policyErrors: () => readonly unknown[]
  readonly clockFault: () => string | undefined
  /** Why nothing can be said, if so. */
  readonly silence: () => VoiceCode | undefined
  readonly legal: { readonly untilMs: number } | undefined
  readonly clock: Clock
}

const FRESHNESS: readonly Freshness[] = ['fresh', 'stale', 'degraded']
/** What can keep a running node from saying anything. */
const SILENCES: readonly VoiceCode[] = [
  'clock-wrong',
  'own-key-elsewhere',
  'own-head-unasked',
  'own-log-forked',
  'own-log-behind',
  'publish-paused',
]

export function showHealth(to: Families, parts: HealthParts): void {
  const { freshness, policyErrors, clockFault, silence, legal } = parts
  to.gauge('tocsin_freshness', '1 for what answers are now.', ['state'], (show) => {
    const now = freshness()
    for (const one of FRESHNESS) show(Number(one === now), one)
  })
  to.gauge('tocsin_paused', '1 while the operator has paused it.', ['what'], (show) => {
    const now = parts.clock()
    for (const what of PAUSES) show(Number(pauseOf(parts.state, what, now) !== undefined), what)
  })
  const silent = '1 for why nothing of our own can be said now.'
  to.gauge('tocsin_voice_silent', silent, ['code'], (show) => {
    const now = silence()
    for (const code of SILENCES) show(Number(code === now), code)
  })
  const mistakes = 'Mistakes of the policy file; while there are any, the last good policy stays.'
  to.gauge('tocsin_policy_mistakes', mistakes, [], (show) => show(policyErrors().length))
  const clock = '1 for what is wrong with this node’s time.'
  to.gauge('tocsin_clock_fault', clock, ['code'], (show) => {
    const now = clockFault()
    for (const code of CLOCK_FAULTS) show(Number(code === now), code)
  })
  const basis = 'When the legal basis for publishing ends; absent where none is set.'
  to.gauge('tocsin_legal_basis_end_timestamp_seconds', basis, [], (show) => {
    if (legal !== undefined) show(legal.untilMs / SECOND_MS)
  })
  showDisk(to, parts)
}

function showDisk(to: Families, { diskOk, commits, scrub }: HealthParts): void {
  to.gauge('tocsin_disk_fault', '1 while nothing can be written.', [], (show) =>
    show(Number(!diskOk())),
  )
  const took = 'From a batch being closed to its being durable and visible.'
  to.histogram('tocsin_commit_seconds', took, () => commits().durations)
  to.gauge('tocsin_commit_waiting_jobs', 'Changes that are in no batch yet.', [], (show) =>
    show(commits().waiting),
  )
  const damaged = 'Rows of logs that cannot be read now and are not served.'
  to.gauge('tocsin_damaged_rows', damaged, [], (show) => show(scrub().damaged.length))
  const finding = 'When the slow check of the disk last found something wrong.'
  to.gauge('tocsin_scrub_finding_timestamp_seconds', finding, [], (show) => {
    const found = scrub().finding
    if (found !== undefined) show(found.atMs / SECOND_MS)
  })
}
