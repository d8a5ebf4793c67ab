/**
 * `probe`: tells an operator that the own gateway no longer does what the node says. It goes the
 * whole way, report to refusal, on a timer, and raises an alarm when the wrong one passes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError, type Command } from 'commander'
import { SECOND_MS } from '../core/limits.js'
import { parseDuration } from '../core/request.js'
import { usage } from './failure.js'
import { runAlarm, writeTextfile } from './probe-alarm.js'
import { CANARY, probeRound, TWIN, type Round, type RoundOptions } from './probe-round.js'
import { resultOf } from './said.js'
import type { Shell } from './shell.js'
import { stopSignal } from './stop-signal.js'

type Header = readonly [string, string]

interface ProbeFlags {
  readonly gateway?: string
  readonly clientHeader: string
  readonly canaryHeader?: Header
  readonly cleanHeader?: Header
  readonly type: string
  readonly value?: string
  readonly refused?: ReadonlySet<number>
  readonly every?: number
  readonly count?: number
  readonly grace?: number
  readonly alarmCommand?: string
  readonly textfile?: string
  readonly cleanUp?: boolean
}

export function probeCommand(program: Command, shell: Shell): void {
  program
    .command('probe')
    .description('send a reported canary and its clean twin through your gateway; alarm if wrong')
    .option('--gateway <url>', 'what a client of yours would call')
    .option('--client-header <name>', 'carries the client’s address', 'X-Forwarded-For')
    .option('--canary-header <line>', 'Name: value that makes it the canary instead', header)
    .option('--clean-header <line>', 'Name: value that makes it the twin', header)
    .option('--type <type>', 'with these two: type of what the canary is known by', 'ip')
    .option('--value <value>', 'and its value, or - to read it from stdin')
    .option('--refused <statuses>', 'what a refusal is (default 401,403,429)', statuses)
    .option('--every <duration>', 'again and again, like 60s (default: once)', duration)
    .option('--count <n>', 'with --every: so many rounds', count)
    .option('--grace <duration>', 'how long a new report may take (default 15s)', duration)
    .option('--alarm-command <command>', 'run when an alarm begins; TOCSIN_PROBE_CODE says which')
    .option('--textfile <file>', 'tocsin_probe_… for node_exporter’s textfile collector')
    .option('--clean-up', 'take the canary’s report back, and do nothing else')
    .action((flags: ProbeFlags) =>
      flags.cleanUp === true ? cleanUp(shell, flags) : probe(shell, flags),
    )
}

const REFUSED: ReadonlySet<number> = new Set([401, 403, 429])
const GRACE_MS = 15 * SECOND_MS

function statuses(text: string): ReadonlySet<number> {
  if (!/^[1-5]\d\d(,[1-5]\d\d)*$/.test(text)) throw new InvalidArgumentError('are like 403,429.')
  return new Set(text.split(',').map(Number))
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('is like 60s or 5m.')
  return ms
}

function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('is a whole number.')
  return Number(text)
}

function header(text: string): Header {
  const [, name, value] = /^([\w-]+):[ \t]*([\x20-\x7e]+)$/.exec(text) ?? []
  if (name === undefined) throw new InvalidArgumentError('is like Name: value.')
  return [name, value!]
}

async function optionsOf(shell: Shell, flags: ProbeFlags): Promise<RoundOptions> {
  const { gateway, clientHeader, canaryHeader, cleanHeader } = flags
  const { refused = REFUSED, grace: graceMs = GRACE_MS } = flags
  if (gateway === undefined || !URL.canParse(gateway)) throw usage('--gateway is an address')
  if ((canaryHeader === undefined) !== (cleanHeader === undefined)) {
    throw usage('--canary-header and --clean-header go together')
  }
  if ((canaryHeader === undefined) !== (flags.value === undefined)) {
    throw usage('--value says what the bearer of --canary-header is known by')
  }
  const canary = canaryHeader ?? ([clientHeader, CANARY] as const)
  const twin = cleanHeader ?? ([clientHeader, TWIN] as const)
  const named = await canaryOf(shell, flags)
  return { gateway, headers: { canary, twin }, refused, canary: named, graceMs }
}

async function canaryOf(
  shell: Shell,
  { type, value }: ProbeFlags,
): Promise<RoundOptions['canary']> {
  if (value === undefined) return { type: 'ip', value: CANARY }
  return { type, value: await shell.valueOf(type, value) }
}

async function cleanUp(shell: Shell, flags: ProbeFlags): Promise<void> {
  const body = { ...(await canaryOf(shell, flags)), reason: 'superseded' }
  const answer = await shell.ask({ method: 'POST', path: '/v1/revocations', body })
  if (shell.json) return
  shell.print(resultOf(answer, { accepted: 'revoked', duplicate: 'already revoked' }))
}

async function probe(shell: Shell, flags: ProbeFlags): Promise<void> {
  const options = await optionsOf(shell, flags)
  const { every, count = every === undefined ? 1 : Infinity, textfile } = flags
  const stopped = new AbortController()
  if (every !== undefined) void stopSignal().then(() => stopped.abort())
  let lasting: ReadonlySet<string> = new Set()
  for (let rounds = 1; ; rounds++) {
    const round = await probeRound(shell, options)
    tell(shell, round)
    if (textfile !== undefined) await writeTextfile(textfile, round)
    await raise(shell, flags, round, lasting)
    lasting = new Set(round.alarms.map(({ code }) => code))
    if (rounds >= count || stopped.signal.aborted) return
    await sleep(every, undefined, { signal: stopped.signal }).catch(() => undefined)
    if (stopped.signal.aborted) return
  }
}

function tell(shell: Shell, { at, sent, alarms }: Round): void {
  if (shell.json) {
    for (const one of sent) shell.print(JSON.stringify({ at, ...one }))
  } else {
    for (const { who, status, ms, ok } of sent) {
      const is = (who === 'canary') === ok ? 'refused' : 'served'
      const came = status === undefined ? 'no answer' : `${status} ${is}`
      shell.print(`${ok ? 'ok   ' : 'WRONG'}  ${who.padEnd(6)}  ${came}  ${ms} ms  ${at}`)
    }
  }
  for (const { code, text } of alarms) shell.fail({ code, message: text })
}

/** One that goes on is told, and not raised again. */
async function raise(
  shell: Shell,
  { alarmCommand }: ProbeFlags,
  { alarms }: Round,
  lasting: ReadonlySet<string>,
): Promise<void> {
  if (alarmCommand === undefined) return
  for (const alarm of alarms.filter(({ code }) => !lasting.has(code))) {
    try {
      await runAlarm(alarmCommand, alarm, shell.streams.env)
    } catch (error) {
      shell.fail({ code: 'probe-alarm-failed', message: (error as Error).message })
    }
  }
}
