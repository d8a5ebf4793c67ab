/**
 * What can be typed where, read from the commander tree itself: a command that is added is
 * completed without a word here. Only what an argument's values are is named.
 */
import type { Command } from 'commander'
import {
  ACTION,
  BUCKET,
  CATEGORY,
  DISPUTE_REASON,
  LABEL,
  PAP,
  REVOCATION_REASON,
  TLP,
} from '../core/codes.js'
import { TYPES } from '../core/indicator.js'

/** Stands for the names of members, which only a running node knows. */
export const MEMBERS = '@members'

/** One place in a command line: the words so far, options left out. */
export interface CompletionNode {
  /** `tocsin members add` */
  readonly path: string
  readonly commands: readonly Word[]
  readonly options: readonly CompletionOption[]
  /** Values of each argument; empty means files. */
  readonly args: readonly (readonly string[])[]
}

export interface Word {
  readonly word: string
  readonly says: string
}

export interface CompletionOption extends Word {
  readonly takesValue: boolean
  /** Empty means files. */
  readonly values: readonly string[]
}

const TYPE_NAMES = ['ip', ...TYPES.flatMap(({ short, name }) => [short, name])]

/** By an option's long name, or an argument's. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  type: [...new Set(TYPE_NAMES)].filter((name) => name !== ''),
  member: [MEMBERS],
  action: ACTION.names.filter((name) => name !== 'allow'),
  category: CATEGORY.names,
  tlp: TLP.names,
  pap: PAP.names,
  label: LABEL.names,
  evidence: BUCKET.names,
  count: BUCKET.names,
}

/** Where one option name means something of its own in a command. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  'tocsin revoke': REVOCATION_REASON.names,
  'tocsin dispute': DISPUTE_REASON.names,
}

/** Every command, the program first. */
export function completionNodes(command: Command, above = ''): CompletionNode[] {
  const path = `${above}${command.name()}`
  const visible = command.createHelp().visibleCommands(command)
  const commands = visible.map((sub) => ({ word: sub.name(), says: sub.description() }))
  const options = command.createHelp().visibleOptions(command)
  const node: CompletionNode = {
    path,
    commands,
    options: options.flatMap(({ long, description, argChoices, required, optional }) => {
      if (long === undefined || long === null) return []
      const name = long.slice(2)
      const reasons = name === 'reason' ? REASONS[path] : undefined
      const values = reasons ?? argChoices ?? VALUES[name] ?? []
      return [{ word: long, says: description, takesValue: required || optional, values }]
    }),
    args: command.registeredArguments.map((one) => one.argChoices ?? VALUES[one.name()] ?? []),
  }
  const below = visible.filter((sub) => sub.name() !== 'help')
  return [node, ...below.flatMap((sub) => completionNodes(sub, `${path} `))]
}
