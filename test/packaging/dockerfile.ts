/**
 * Reads the Dockerfile: its stages and their steps, in order. It knows the instructions that ours
 * uses, and throws at any other, so that no step is passed over in silence.
 */
import { read } from '../support/source-tree.js'

const WORDS = [
  ...['FROM', 'COPY', 'RUN', 'ENV', 'WORKDIR', 'USER'],
  ...['VOLUME', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'],
] as const
type Word = (typeof WORDS)[number]

export interface Step {
  readonly word: Word
  readonly rest: string
}

export interface Stage {
  readonly base: string
  readonly name: string | undefined
  readonly steps: readonly Step[]
}

export function stagesOf(text: string): Stage[] {
  const stages: (Stage & { readonly steps: Step[] })[] = []
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, '')
  for (const line of lines.split('\n').filter((one) => one.trim() !== '')) {
    const step = stepOf(line)
    if (step.word === 'FROM') {
      const [base, as, name] = step.rest.split(/\s+/)
      if (as !== undefined && as !== 'AS') throw new Error(`not read: ${line}`)
      stages.push({ base: base!, name, steps: [] })
    } else {
      stages.at(-1)!.steps.push(step)
    }
  }
  return stages
}

function stepOf(line: string): Step {
  const [, first, rest] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? []
  const word = WORDS.find((one) => one === first)
  if (word === undefined || rest === undefined) throw new Error(`not read: ${line}`)
  return { word, rest }
}

/** What a stage says last of one thing. */
export function lastOf({ steps }: Stage, word: Word): string | undefined {
  return steps.findLast((step) => step.word === word)?.rest
}

/** The form in which no shell comes in between. */
export function commandOf(rest: string): string[] {
  const command: unknown = JSON.parse(rest)
  if (!Array.isArray(command) || !command.every((one) => typeof one === 'string')) {
    throw new Error(`not a list of words: ${rest}`)
  }
  return command as string[]
}

export function healthCheckOf(stage: Stage): string[] {
  return commandOf(lastOf(stage, 'HEALTHCHECK')!.replace(/^(?:--\S+\s+)*CMD\s+/, ''))
}

/** What the build may copy: `.dockerignore` shuts everything out but what it names. */
export function contextNames(): Set<string> {
  const lines = read('.dockerignore')
    .text.split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const [first, ...rest] = lines
  const isNamed = rest.every((line) => /^![\w.-]+$/.test(line))
  if (first !== '*' || !isNamed) throw new Error('.dockerignore: not read')
  return new Set(rest.map((line) => line.slice(1)))
}
