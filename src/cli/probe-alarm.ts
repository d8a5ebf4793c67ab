/**
 * What `tocsin probe` leaves for others to act on: a command of the operator's, run once when an
 * alarm begins, and a file for node_exporter's textfile collector.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { MINUTE_MS, SECOND_MS } from '../core/limits.js'
import type { Alarm, Round, Sent } from './probe-round.js'

const COMMAND_MS_MAX = MINUTE_MS / 2

/**
 * Runs it by the shell; what it is told is in its environment alone, so that nothing a gateway says
 * is ever part of a command. Rejects where it cannot run or does not end well.
 */
export async function runAlarm(
  command: string,
  { code, text }: Alarm,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const child = spawn('/bin/sh', ['-c', command], {
    env: { ...env, TOCSIN_PROBE_CODE: code, TOCSIN_PROBE_TEXT: text },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: COMMAND_MS_MAX,
  })
  const [exit, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (exit !== 0) throw new Error(`the alarm command ended with ${exit ?? signal}`)
}

/** In the place of the last one at once: a reader never sees half of it. */
export async function writeTextfile(path: string, round: Round): Promise<void> {
  const draft = `${path}.${process.pid}`
  await writeFile(draft, textfileOf(round))
  await rename(draft, path)
}

export function textfileOf({ at, sent, alarms }: Round): string {
  const of = (who: Sent['who']) => sent.find((one) => one.who === who)
  const flag = (is: boolean | undefined) => (is === true ? 1 : 0)
  const rows: [string, string, number][] = [
    ['ok', 'The last round raised no alarm.', flag(alarms.length === 0)],
    ['canary_refused', 'The reported canary was refused.', flag(of('canary')?.ok)],
    ['twin_served', 'Its clean twin was served.', flag(of('twin')?.ok)],
    [
      'gateway_reachable',
      'The gateway answered both.',
      flag(sent.every(({ status }) => status !== undefined)),
    ],
    ['last_run_timestamp_seconds', 'When that was.', Date.parse(at) / SECOND_MS],
  ]
  return rows
    .map(([name, help, value]) => [
      `# HELP tocsin_probe_${name} ${help}`,
      `# TYPE tocsin_probe_${name} gauge`,
      `tocsin_probe_${name} ${value}`,
    ])
    .flat()
    .concat('')
    .join('\n')
}
