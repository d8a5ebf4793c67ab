/** Reads the frozen files of test/vectors. */
import { readFileSync } from 'node:fs'

export function vectors<Rows>(name: string): Rows {
  const file = new URL(`../vectors/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Rows
}

export const bytesOfHex = (hex: string): Buffer => Buffer.from(hex, 'hex')

export interface EnvelopeRow {
  readonly name: string
  readonly wire: string
  readonly outcome: 'accepted' | 'ignored' | 'refused'
  readonly code?: string
  readonly after?: string
  readonly id?: string
  readonly author?: string
  readonly seq?: number
  readonly prev?: string | null
  readonly time?: number
  readonly expires?: number
  readonly statements?: readonly string[]
}

export interface StatementRow {
  readonly name: string
  readonly wire: string
  readonly refused?: string
  readonly statement?: Readonly<Record<string, unknown>> & { readonly kind: string }
}

export const envelopeRows = (): readonly EnvelopeRow[] =>
  vectors<{ rows: EnvelopeRow[] }>('envelopes').rows
export const statementRows = (): readonly StatementRow[] =>
  vectors<{ rows: StatementRow[] }>('statements').rows
