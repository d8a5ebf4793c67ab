/** `sketch`: from the prompts of one campaign to its query signature, with every gate explained. */
import type { Command } from 'commander'
import { canonicalTokens } from '../core/canonical-text.js'
import {
  extractFrame,
  isFrame,
  type Frame,
  type FrameCode,
  type Gate,
  type Sample,
} from '../core/frame.js'
import { bandOf, shinglesOf } from '../core/sketch.js'
import { Failure } from './failure.js'
import { bytesOfFile, fileLines } from './file-lines.js'
import { resultOf } from './said.js'
import type { Shell } from './shell.js'
import { columns } from './table.js'

interface SketchOptions {
  readonly report?: boolean
  readonly benign?: string
  readonly confidence?: string
  readonly campaign?: string
  readonly approver?: string
}

export function sketchCommand(program: Command, shell: Shell): void {
  program
    .command('sketch')
    .argument('<file>', '{"prompt": …, "account": …} a line, of one campaign; - is stdin')
    .option('--benign <file>', '{"prompt": …} a line: ordinary prompts of yours, to try it on')
    .option('--report', 'tell the members; otherwise nothing leaves')
    .option('--confidence <0-100>', 'how sure (default 80)')
    .option('--campaign <id>', 'UUID that ties reports together')
    .option('--approver <name>', 'who approved that it leaves; kept in this node’s ledger')
    .description('what the prompts of a campaign have in common, as a query signature')
    .action((file: string, options: SketchOptions) => sketch(shell, file, options))
}

async function sketch(shell: Shell, file: string, options: SketchOptions): Promise<void> {
  const { commonShingles } = await import('../background.js')
  const samples = await samplesOf(shell, file)
  const { gates, frame } = extractFrame(samples, commonShingles())
  if (!shell.json) shell.print(columns(gates.map(gateRow)))
  if (!isFrame(frame)) {
    if (shell.json) shell.print(JSON.stringify({ gates, refused: frame.code }))
    throw new Failure(frame.code, WHY[frame.code])
  }
  const replay = options.benign && (await replayed(shell, options.benign, frame))
  if (shell.json) shell.print(JSON.stringify({ gates, frame, replay }))
  else shell.print(frameText(frame, samples, replay))
  if (options.report === true) await report(shell, frame, options)
  else if (!shell.json) shell.print('nothing has left this node: --report tells the members')
}

const TEXTS: Readonly<Record<FrameCode, string>> = {
  'too-few-prompts': 'prompts',
  'too-few-accounts': 'accounts',
  'no-frame': 'shingles in two fifths of the prompts and five accounts',
  'slot-too-small': 'words of its own that a prompt has besides',
  'shared-slot': 'that two prompts have in common besides, in the middle',
  'not-specific': 'of them that ordinary prompts have not',
  'shared-passage': 'alike in it are any two prompts, but for a tenth of the pairs',
}

const WHY: Readonly<Record<FrameCode, string>> = {
  'too-few-prompts': 'what a few prompts have in common may be one customer’s text',
  'too-few-accounts': 'what few accounts have in common may be one customer’s text',
  'no-frame': 'the prompts have too little in common',
  'slot-too-small': 'where prompts differ in so little, nobody can tell frame from content',
  'shared-slot': 'the prompts share what they ask about: it would be told to the members',
  'not-specific': 'ordinary prompts, or those of a public framework, have nearly all of it',
  'shared-passage': 'a part of the prompts share a passage: it would be told to the members',
}

function gateRow({ code, passed, found, needed }: Gate): string[] {
  const isShare = code === 'shared-slot' || code === 'shared-passage'
  const shown = (value: number) => (isShare ? `${Math.round(100 * value)} %` : String(value))
  const bound = code === 'shared-slot' ? 'at most' : 'at least'
  return [passed ? 'passed' : 'REFUSED', shown(found), TEXTS[code], `(${bound} ${shown(needed)})`]
}

interface Replay {
  readonly prompts: number
  readonly act: number
  readonly watch: number
}

/** For its owner's eyes: what would be told, as it stands in the first prompt that has it. */
function frameText(frame: Frame, samples: readonly Sample[], replay?: Replay | ''): string {
  const { shingles, common } = frame
  return [
    `${shingles.length} shingles tell it, ${common.length} were left out as ordinary`,
    'the frame, as it stands in the first prompt (shown here and kept nowhere):',
    `  ${frameIn(frame, samples[0]!.prompt)}`,
    ...(replay
      ? [`tried on ${replay.prompts} ordinary prompts: ${replay.act} act, ${replay.watch} watched`]
      : ['not tried on ordinary prompts: --benign FILE']),
  ].join('\n')
}

function frameIn({ shingles, common }: Frame, prompt: string): string {
  const frame = new Set([...shingles, ...common])
  return canonicalTokens(prompt)
    .map((tokens) => {
      const isIn = (i: number) => frame.has(`2 ${tokens[i]!} ${tokens[i + 1]!}`)
      return tokens.map((token, i) => (isIn(i) || (i > 0 && isIn(i - 1)) ? token : '…')).join(' ')
    })
    .join(' … ')
    .replace(/(?:… )+/g, '… ')
}

async function replayed(shell: Shell, file: string, { shingles }: Frame): Promise<Replay> {
  const counts = { prompts: 0, act: 0, watch: 0 }
  for (const { prompt } of await samplesOf(shell, file)) {
    const own = shinglesOf(canonicalTokens(prompt))
    const band = bandOf(shingles.filter((one) => own.has(one)).length, shingles.length)
    counts.prompts++
    if (band !== 'none') counts[band]++
  }
  return counts
}

async function samplesOf(shell: Shell, file: string): Promise<Sample[]> {
  const samples: Sample[] = []
  for await (const { number, text } of fileLines(bytesOfFile(file, shell.streams.stdin))) {
    if (text?.trim() === '') continue
    const sample = text === undefined ? undefined : sampleIn(text)
    if (sample === undefined) {
      const why = text === undefined ? 'line-too-long' : 'line-malformed'
      shell.fail({ code: why, message: `line ${number}: {"prompt": …, "account": …} is needed` })
    } else samples.push(sample)
  }
  return samples
}

function sampleIn(text: string): Sample | undefined {
  try {
    const { prompt, account = '' } = JSON.parse(text) as Partial<Sample>
    return typeof prompt === 'string' && typeof account === 'string'
      ? { prompt, account }
      : undefined
  } catch {
    return undefined
  }
}

async function report(shell: Shell, frame: Frame, options: SketchOptions): Promise<void> {
  const { confidence, campaign, approver } = options
  const body = {
    shingles: frame.shingles,
    ...(confidence === undefined ? {} : { confidence: Number(confidence) }),
    ...(campaign === undefined ? {} : { campaign }),
  }
  const headers =
    approver === undefined ? {} : { 'x-tocsin-approver': encodeURIComponent(approver) }
  const answer = await shell.ask({ method: 'POST', path: '/v1/sketches', body, headers })
  if (shell.json) return
  shell.print(resultOf(answer, { accepted: 'told the members', duplicate: 'told already' }))
}
