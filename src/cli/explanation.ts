/** An explanation as a person on call reads it: who, why, until when, what to do about it. */
import { changeText, type ChangeShown } from '../core/change-words.js'
import { given, named, quoted } from './pasted.js'
import { columns, painted } from './table.js'
import { shownValue } from './shown.js'

type Says = Readonly<Record<string, unknown>>
type Question = Parameters<typeof given>[0]

interface RecordBody {
  readonly member: string | null
  readonly trust?: string
  readonly author: string
  readonly envelope: string
  readonly seq: number
  readonly saidAt: string
  readonly state: string
  readonly says: Says
  readonly effect?: {
    readonly alone: string
    readonly bounds: { readonly marks: string; readonly type: string; readonly trust?: string }
    readonly endsAt: string
    readonly shadow: boolean
    readonly held?: string
    readonly disputedBy: readonly string[]
  }
}

export interface ExplanationBody {
  readonly verdict: {
    readonly type: string
    readonly value: string
    readonly action: string
    readonly score: number
    /** Absent where it is of a time gone by. */
    readonly freshness?: string
    readonly asOf: string
    readonly expiresAt?: string
    readonly decisionId: string
    readonly wouldBe?: string
    readonly guard?: string
    readonly paused?: true
    readonly policy: string
  }
  readonly unguarded?: string
  readonly keys: readonly {
    readonly type: string
    readonly value: string
    readonly caps: { readonly alone: string; readonly together: string }
    readonly guard?: string
    readonly brake?: { readonly hits: number; readonly of: number; readonly at: string }
    readonly said: readonly RecordBody[]
  }[]
  readonly changes: readonly ChangeShown[]
  /** Look-ups of this node that the reports on record have met; a decision has them as a whole. */
  readonly affected?: AffectedBody
}

export interface AffectedBody {
  readonly lookUps: number
  readonly byAction: Readonly<Record<string, number>>
  readonly first: string | null
  readonly last: string | null
  readonly sample: { readonly held: number; readonly seen: number; readonly lost: number }
}

export function explanationText(body: ExplanationBody): string {
  const { verdict, keys, changes } = body
  const lines = [headOf(body)]
  if (keys.length === 0) lines.push('Nobody has said anything about it.')
  for (const key of keys) {
    const { type, caps, guard, brake, said } = key
    const guarded = guard === undefined ? '' : `; guarded: ${guard}`
    lines.push(
      '',
      `On ${type} ${shownValue(key)} (one member: up to ${caps.alone}; ` +
        `several: ${caps.together}${guarded})`,
      ...(brake === undefined
        ? []
        : [`  would have met ${brake.hits} of ${brake.of} sampled look-ups at ${brake.at}`]),
      ...said.flatMap(recordLines),
    )
  }
  lines.push(...affectedLines(body.affected))
  if (changes.length > 0) {
    const rows = changes.map((one) => changeRow(one, verdict))
    lines.push('', 'What would change it', columns(rows, { isWhole: true }))
  }
  return lines.join('\n')
}

/** Whom a wrong report has met. */
export function affectedLines(affected: AffectedBody | undefined): string[] {
  if (affected === undefined || affected.lookUps === 0) return []
  const { lookUps, byAction, first, last, sample } = affected
  const actions = Object.entries(byAction).map(([action, count]) => `${action} ${count}`)
  return [
    '',
    `Met ${lookUps} look-ups here in the last 24 h (${actions.join(', ')}), ${first} to ${last}`,
    `  by a sample: ${sample.held} of ${sample.seen} held, ${sample.lost} not`,
  ]
}

function headOf({ verdict, unguarded }: ExplanationBody): string {
  const { action, type, score, freshness, expiresAt, guard, wouldBe, paused } = verdict
  const until = expiresAt === undefined ? '' : `  until ${expiresAt}`
  const when = freshness ?? `as of ${verdict.asOf}`
  const without = unguarded === undefined ? '' : ` (without it: ${unguarded})`
  return [
    `${painted(action)}  ${type} ${shownValue(verdict)}  score ${score}  ${when}${until}`,
    ...(paused === undefined ? [] : ['enforcement is paused: nothing is more than observe']),
    ...(guard === undefined ? [] : [`guarded: ${guard}${without}`]),
    ...(wouldBe === undefined ? [] : [`in shadow: it would be ${wouldBe}`]),
    `policy ${verdict.policy}, as of ${verdict.asOf}`,
  ].join('\n')
}

function recordLines({
  member,
  trust,
  author,
  envelope,
  seq,
  saidAt,
  state,
  says,
  effect,
}: RecordBody): string[] {
  const who = `${member ?? 'not a member'}${trust === undefined ? '' : ` (${trust})`}`
  const is = state === 'live' ? '' : `  [${state}]`
  const lines = [
    `  ${who}: ${saysText(says)}, until ${String(says['until'])}${is}`,
    ...marksText(says),
    `    said ${saidAt} in envelope ${seq} of ${author}`,
    `    ${envelope}`,
  ]
  if (effect === undefined) return lines
  const { alone, bounds, held, disputedBy, shadow } = effect
  const bound = Object.entries(bounds).map(([what, action]) => `${what} ${action}`)
  lines.push(
    `    ${shadow ? 'in shadow, would cause' : 'causes'} ${alone} by itself` +
      ` (bounds: ${bound.join(', ')})${held === undefined ? '' : `; held: ${held}`}`,
  )
  if (disputedBy.length > 0) lines.push(`    disputed by ${disputedBy.join(', ')}`)
  return lines
}

function saysText(says: Says): string {
  const text = (name: string) => String(says[name])
  switch (says['kind']) {
    case 'report': {
      const hand = says['firstHand'] === true ? 'first-hand' : 'second-hand'
      return `report asks ${text('action')}, confidence ${text('confidence')}, ${hand}`
    }
    case 'sighting':
      return `sighting, ${text('count')} times`
    default: {
      const about = says['author'] === null ? '' : ` of ${text('author')}`
      return `${text('kind')}${about}: ${text('reason')}`
    }
  }
}

/** What a report says besides. */
function marksText(says: Says): string[] {
  if (says['kind'] !== 'report') return []
  const { category, tlp, pap, evidence, labels } = says
  const seen = evidence === 'unspecified' ? [] : [`seen ${String(evidence)} times`]
  const named = (labels as readonly string[]).map((label) => String(label))
  const parts = [category, ...seen, `tlp ${String(tlp)}`, `pap ${String(pap)}`, ...named]
  return [`    ${parts.map(String).join(', ')}`]
}

/** Action, what leads to it, and what to type where it is this operator's to do. */
function changeRow(change: ChangeShown, asked: Question): string[] {
  return [`  ${change.action}`, changeText(change), typed(change, asked)]
}

function typed(change: ChangeShown, asked: Question): string {
  const { code, member = '', trust = '', type = '', value = '' } = change
  switch (code) {
    case 'resume':
      return 'tocsin resume'
    case 'allow-entry':
      return `tocsin allow add ${given(asked)} --reason TEXT`
    case 'own-report':
      return `tocsin report ${given(asked)}`
    case 'own-dispute':
      return `tocsin dispute ${named({ type, value })} --reason CODE`
    case 'trust':
      return `tocsin members trust ${quoted(member)} ${trust}`
    default:
      return ''
  }
}
