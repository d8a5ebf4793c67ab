/** What a process has cost so far, as the kernel tells it. */
import { readFile } from 'node:fs/promises'

/** Clock ticks of /proc a second, on every Linux there is. */
const TICKS = 100

/** Of all threads of it; the kernel counts hundredths of a second. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Resident memory in MiB: now, or the most there ever was. */
export async function rssMibOf(pid: number, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]) / 1_024
}
