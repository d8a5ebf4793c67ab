/**
 * One round of `tocsin probe`: a canary that this node reports and its clean twin are sent through
 * the operator's own gateway, as any client is; the first must be refused and the second served.
 * The canary is an address that belongs to nobody (RFC 5737), labelled as a drill: what the other
 * members make of it meets no customer.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { SECOND_MS } from '../core/limits.js'
import type { Answer } from './client.js'
import { expectFine } from './client.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

/** Not those of demo and documentation; one pair for all labs, so that no two mix them up. */
export const CANARY = '192.0.2.241'
export const TWIN = '192.0.2.242'
/** One that is nobody's any more ends soon; a report is renewed once a tenth of it has gone. */
const CANARY_TTL = '2h'
const ANSWER_MS_MAX = 10 * SECOND_MS
const AGAIN_MS = SECOND_MS / 2

export type ProbeCode =
  'probe-canary-passed' | 'probe-twin-refused' | 'probe-gateway-unreachable' | 'probe-not-reported'

export interface Alarm {
  readonly code: ProbeCode
  readonly text: string
}

export interface Sent {
  readonly who: 'canary' | 'twin'
  /** What the gateway answered; absent where it did not. */
  readonly status?: number
  readonly ms: number
  readonly ok: boolean
}

export interface Round {
  readonly at: string
  readonly sent: readonly Sent[]
  readonly alarms: readonly Alarm[]
}

export interface RoundOptions {
  readonly gateway: string
  /** A header each, by which the gateway knows who asks. */
  readonly headers: Readonly<Record<Sent['who'], readonly [string, string]>>
  readonly refused: ReadonlySet<number>
  /** What is reported. */
  readonly canary: { readonly type: string; readonly value: string }
  /** How long a gateway may take to hear of a report that is new. */
  readonly graceMs: number
}

export async function probeRound(shell: Shell, options: RoundOptions): Promise<Round> {
  const alarms: Alarm[] = []
  const isNew = await keepReported(shell, options.canary, alarms)
  let canary = await send('canary', options)
  const until = performance.now() + (isNew ? options.graceMs : 0)
  while (!canary.ok && canary.status !== undefined && performance.now() < until) {
    await sleep(AGAIN_MS)
    canary = await send('canary', options)
  }
  const sent = [canary, await send('twin', options)]
  alarms.push(...sent.flatMap((one) => alarmOf(one, options)))
  return { at: new Date().toISOString(), sent, alarms: once(alarms) }
}

/** Whether the report is new; nothing is written while the old one has most of its life ahead. */
async function keepReported(
  shell: Shell,
  canary: RoundOptions['canary'],
  alarms: Alarm[],
): Promise<boolean> {
  // AMBER+STRICT is in no export, RED could not act. First-hand: by itself it reaches the cap.
  const marks = { tlp: 'amber+strict', labels: ['drill', 'synthetic'], firstHand: true }
  const body = { ...canary, ttl: CANARY_TTL, category: 'probing', ...marks }
  try {
    const answer = expectFine(await shell.client.ask({ method: 'POST', path: '/v1/reports', body }))
    return statusOf(answer) === 'accepted'
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    alarms.push({ code: 'probe-not-reported', text: `${error.code}: ${error.message}` })
    return false
  }
}

function statusOf({ body }: Answer): string {
  const [result] = body['results'] as readonly [{ status: string }]
  return result.status
}

async function send(who: Sent['who'], { gateway, headers, refused }: RoundOptions): Promise<Sent> {
  const [name, value] = headers[who]
  const began = performance.now()
  const ms = () => Math.round(performance.now() - began)
  try {
    const answer = await fetch(gateway, {
      headers: { [name]: value, connection: 'close' },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    })
    const { status } = answer
    await answer.body?.cancel()
    const ok = who === 'canary' ? refused.has(status) : status >= 200 && status < 400
    return { who, status, ms: ms(), ok }
  } catch {
    return { who, ms: ms(), ok: false }
  }
}

function alarmOf({ who, status, ok }: Sent, { gateway, refused }: RoundOptions): Alarm[] {
  if (ok) return []
  if (status === undefined) {
    return [{ code: 'probe-gateway-unreachable', text: `${gateway} gives no answer` }]
  }
  return who === 'twin'
    ? [{ code: 'probe-twin-refused', text: `who is clean is answered ${status}` }]
    : [{ code: 'probe-canary-passed', text: `${status} is none of ${[...refused].join(', ')}` }]
}

function once(alarms: readonly Alarm[]): Alarm[] {
  return [...new Map(alarms.map((alarm) => [alarm.code, alarm])).values()]
}
