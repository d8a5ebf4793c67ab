/** `explain`: why a value, or a decision, is what it is, and the evidence to show for it. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { open } from '../core/envelope.js'
import type { EvidenceFile } from '../core/evidence.js'
import type { Answer, Ask } from './client.js'
import {
  affectedLines,
  explanationText,
  type AffectedBody,
  type ExplanationBody,
} from './explanation.js'
import { releaseLines } from './release.js'
import type { Shell } from './shell.js'

interface ExplainOptions {
  readonly at?: string
  readonly evidence?: string
}

interface DecisionBody {
  readonly decision: {
    readonly at: string
    readonly action: string
    readonly policy: string
    readonly asked: readonly { readonly type: string; readonly value: string }[]
  }
  readonly since: {
    readonly policyChanged: boolean
    readonly said: readonly SinceBody[]
    readonly ended: readonly SinceBody[]
  }
  readonly request?: { readonly action: string }
  readonly explanations: readonly ExplanationBody[]
  readonly affected: AffectedBody
  /** Where the explanations are of a time gone by. */
  readonly asOf?: string
}

interface SinceBody {
  readonly member: string | null
  readonly says: Readonly<Record<string, unknown>>
  readonly arrivedAt: string
}

interface VoidBody {
  readonly envelope: string
  readonly index: number
  readonly code: string
}

export function explainCommand(program: Command, shell: Shell): void {
  program
    .command('explain')
    .argument('<type-or-decision>', 'full or short name of the type, or a decision id')
    .argument('[value]', 'the value, or - to read it from stdin')
    .option('--at <time>', 'as of then: like 2h, a time, or decided for that of the decision')
    .option('--evidence <file>', 'write the signed envelopes behind it, for anybody to check')
    .description('who says what about a value, what comes of it, and what would change it')
    .action(async (first: string, given: string | undefined, options: ExplainOptions) => {
      const value = given === undefined ? undefined : await shell.valueOf(first, given)
      const { body } = await shell.ask(questionOf(first, value, options.at))
      if (!shell.json) {
        const text =
          value === undefined ? decisionText(body as never) : explanationText(body as never)
        shell.print([text, ...voidLines(body['voids'] as readonly VoidBody[])].join('\n'))
      }
      const evidence = body['evidence'] as EvidenceFile
      if (options.evidence !== undefined) writeEvidence(shell, options.evidence, evidence)
      else if (!shell.json)
        shell.print(`\n${evidence.envelopes.length} signed envelopes: --evidence FILE`)
      if (!shell.json) for (const line of nextLines(body, value)) shell.print(line)
    })
}

/** A value does not belong in an address, which ends up in logs. */
function questionOf(first: string, value: string | undefined, at: string | undefined): Ask {
  const time = at === undefined ? {} : { at }
  if (value !== undefined) {
    return { method: 'POST', path: '/v1/explain', body: { type: first, value, ...time } }
  }
  const query = new URLSearchParams(time).toString()
  return { method: 'GET', path: `/v1/decisions/by-id/${encodeURIComponent(first)}?${query}` }
}

function decisionText(body: DecisionBody): string {
  const { decision, since, request, explanations, asOf } = body
  const { action, at, policy, asked } = decision
  const changed = since.policyChanged ? 'another policy than now' : 'the policy of now'
  const what = asked.map(({ type, value }) => `${type} ${value}`).join(', ')
  return [
    `decided ${action} at ${at} on ${what === '' ? 'nothing that anybody spoke about' : what}`,
    `under policy ${policy}, ${changed}`,
    ...since.said.map((one) => `since then ${sinceText(one)} arrived ${one.arrivedAt}`),
    ...since.ended.map((one) => `since then ${sinceText(one)} ended ${String(one.says['until'])}`),
    ...(request === undefined
      ? []
      : [`the same request ${asOf === undefined ? 'now' : 'then'}: ${request.action}`]),
    ...explanations.map(
      (explanation) => `\n${asOf === undefined ? 'Now' : 'Then'}: ${explanationText(explanation)}`,
    ),
    ...affectedLines(body.affected),
  ].join('\n')
}

/** What is of a time gone by is not what can be changed. */
function nextLines(body: Answer['body'], value: string | undefined): string[] {
  if (body['asOf'] !== undefined) return []
  const explanations = value === undefined ? body['explanations'] : [body]
  return releaseLines(explanations as readonly ExplanationBody[])
}

function sinceText({ member, says }: SinceBody): string {
  const { kind, type, value } = says
  return `a ${String(kind)} of ${member ?? 'a stranger'} on ${String(type)} ${String(value)}`
}

function voidLines(voids: readonly VoidBody[]): string[] {
  if (voids.length === 0) return []
  const lines = voids.map(({ envelope, index, code }) => `  ${envelope}.${index}: ${code}`)
  return ['', 'Void in the same envelopes: this version cannot say what they mean', ...lines]
}

/** Says what else leaves with it: a signature covers its whole envelope. */
function writeEvidence(shell: Shell, path: string, evidence: EvidenceFile): void {
  writeFileSync(resolve(shell.streams.cwd, path), `${JSON.stringify(evidence, null, 1)}\n`)
  const { envelopes, missing } = evidence
  const others = envelopes.reduce((sum, { wire, statements, payload }) => {
    const opened = open(new Uint8Array(Buffer.from(wire, 'base64')))
    const all = opened.ok && payload === undefined ? opened.value.statements.length : 0
    return sum + Math.max(0, all - statements.length)
  }, 0)
  const bare = envelopes.filter(({ payload }) => payload !== undefined).length
  shell.note(
    [
      `${path}: ${envelopes.length} envelopes; tocsin verify --proof checks it without a node`,
      ...(others === 0 ? [] : [`it shows ${others} further statements of the same envelopes`]),
      ...(bare === 0 ? [] : [`${bare} without payload (dropped, or marked not to leave)`]),
      ...(missing.length === 0 ? [] : [`${missing.length} are no longer held`]),
    ].join('\n'),
  )
}
