/**
 * `detect`: a reference detector. Reads a gateway's log, says which campaigns it suspects and why,
 * and drafts what could be reported. It asks no node and tells nobody anything.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import {
  CampaignDetector,
  DETECT,
  type Campaign,
  type SharedTrait,
} from '../core/campaign-detector.js'
import { parseInstant } from '../core/request.js'
import { Failure } from './failure.js'
import { FileBytes, fileLines } from './file-lines.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

interface DetectOptions {
  readonly drafts?: string
}

/** Traits that few others have: of those that many share it says nothing. */
const OTHERS_MAX = 0.1
const SHOWN = 10

export function detectCommand(program: Command, shell: Shell): void {
  program
    .command('detect')
    .argument('<log>', 'one request a line: {time, account, ip, ja4, prompt or promptHash, …}')
    .option('--drafts <folder>', 'write what could be reported there, for a person to approve')
    .description('suspected campaigns in a gateway’s log; publishes nothing')
    .action((log: string, options: DetectOptions) => detect(shell, log, options))
}

async function detect(shell: Shell, log: string, { drafts }: DetectOptions): Promise<void> {
  const { commonShingles } = await import('../background.js')
  const detector = new CampaignDetector(commonShingles())
  let [read, unread] = [0, 0]
  const bytes = new FileBytes(log, shell.streams.stdin)
  const progress = shell.progress({ of: 'requests', share: bytes.share })
  for await (const { text } of fileLines(bytes)) {
    progress.show(read)
    if (text?.trim() === '') continue
    const request = text === undefined ? undefined : requestIn(text)
    if (request === undefined) unread++
    else if (detector.add(request)) read++
    else {
      progress.end()
      throw new Failure('log-too-long', `more than ${DETECT.requestsMax} requests: cut it by time`)
    }
  }
  progress.end()
  if (unread > 0)
    shell.fail({ code: 'line-malformed', message: `${unread} lines are not requests` })
  const found = detector.campaigns().map((campaign) => ({ id: randomUUID(), ...campaign }))
  if (shell.json) shell.print(JSON.stringify({ read, unread, campaigns: found.map(shown) }))
  else
    shell.print(
      [`${read} requests, ${found.length} suspected campaigns`, ...found.map(text)].join('\n'),
    )
  if (drafts !== undefined) for (const one of found) draft(shell, drafts, one)
  else if (found.length > 0 && !shell.json) shell.print('nothing was reported: --drafts FOLDER')
}

type Found = Campaign & { readonly id: string }

function requestIn(text: string) {
  try {
    const { time, account, ...rest } = JSON.parse(text) as Record<string, unknown>
    const timeMs = typeof time === 'number' ? time : parseInstant(String(time))
    if (timeMs === undefined || typeof account !== 'string') return undefined
    const textOf = (name: string) => {
      const value = rest[name]
      return typeof value === 'string' ? value : undefined
    }
    const tokens = rest['outputTokens']
    return {
      ...{ timeMs, account, ip: textOf('ip'), ja4: textOf('ja4') },
      ...{ prompt: textOf('prompt'), promptHash: textOf('promptHash') },
      outputTokens: typeof tokens === 'number' ? tokens : undefined,
    }
  } catch {
    return undefined
  }
}

/** Without prompts: they are the gateway's, and stay in its log. */
function shown({ samples, ...campaign }: Found) {
  return { ...campaign, samples: samples.length }
}

function text(campaign: Found): string {
  const { id, requests, accounts, firstMs, lastMs, outputTokens, hourly, rhythm } = campaign
  const traits = (what: string, all: readonly SharedTrait[]) =>
    telling(all)
      .slice(0, SHOWN)
      .map(({ value, accounts: own, others }) => [
        '',
        what,
        value,
        `${own} accounts, ${others} others`,
      ])
  return [
    `\ncampaign ${id}`,
    columns([
      ['', 'shared frame', `${requests} requests by ${accounts.length} accounts`],
      ['', 'from', new Date(firstMs).toISOString()],
      ['', 'until', new Date(lastMs).toISOString()],
      ['', 'tokens made', String(outputTokens)],
      ['', 'an account', `${hourly.toFixed(1)} requests an hour`],
      ['', 'rhythm', `${rhythm.toFixed(2)} (a machine is near 0, chance 1, people above)`],
    ]),
    columns([
      ...traits('shared address', campaign.addresses),
      ...traits('shared client', campaign.fingerprints),
    ]),
  ].join('\n')
}

function telling(traits: readonly SharedTrait[]): SharedTrait[] {
  return traits.filter(({ accounts, others }) => others <= OTHERS_MAX * accounts)
}

/** Reports for `report --file`, and prompts for `sketch`. */
function draft(shell: Shell, folder: string, { id, ...campaign }: Found): void {
  const path = resolve(shell.streams.cwd, folder)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const common = { campaign: id, category: 'capability-extraction', labels: ['automated'] }
  const reports = [
    ...telling(campaign.addresses).map(({ value }) => ({ type: 'ip', value, ...common })),
    ...telling(campaign.fingerprints).map(({ value }) => ({ type: 'ja4', value, ...common })),
    ...campaign.accounts.map((value) => ({ type: 'account', value, ...common })),
  ]
  const write = (name: string, rows: readonly object[]) => {
    const file = join(path, `${id}.${name}.ndjson`)
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 })
    return file
  }
  const drafts = write('reports', reports)
  const samples = write('prompts', campaign.samples)
  if (shell.json) return
  shell.print(`drafted ${reports.length} reports: read ${drafts}, then`)
  shell.print(`  tocsin report --file ${drafts} --first-hand`)
  shell.print(`  tocsin sketch ${samples} --report --campaign ${id}`)
}
