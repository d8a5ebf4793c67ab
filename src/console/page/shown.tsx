/**
 * Small things as every page shows them. Text that came from elsewhere (names, values, reasons) is
 * shown by `Foreign` alone: characters that would not be seen, or would turn what stands beside
 * them around, are written as escapes.
 */
import type { ComponentChildren } from 'preact'
import type { Refused } from './ask.js'

/** Controls, format characters (bidirectional ones among them), lone surrogates, unassigned. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu

export function plain(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}

export function Foreign({ text }: { readonly text: string }) {
  return <bdi>{plain(text)}</bdi>
}

/** Sketches have hundreds of digits. */
const VALUE_SHOWN_MAX = 64

export function Value({ type, value }: { readonly type: string; readonly value: string }) {
  const isLong = value.length > VALUE_SHOWN_MAX
  return (
    <a class="value" href={indicatorAddress(type, value)} title={isLong ? plain(value) : undefined}>
      <Foreign text={isLong ? `${value.slice(0, VALUE_SHOWN_MAX)}…` : value} />
    </a>
  )
}

const KEYED = new Set([
  'tool.schema',
  'actor.account',
  'actor.email',
  'actor.phone',
  'actor.payment',
  'actor.api-key',
  'query.exact',
  'query.segment',
  'query.sketch',
])

/** As the API takes it back: a keyed value is known by its hash alone. */
export function asked(type: string, value: string): string {
  return KEYED.has(type) && /^[0-9a-f]{40,}$/.test(value) ? `keyed:${value}` : value
}

export function indicatorAddress(type: string, value: string): string {
  return `#/indicator/${encodeURIComponent(type)}/${encodeURIComponent(value)}`
}

export function Action({ action, shadow }: { readonly action: string; readonly shadow?: boolean }) {
  return (
    <span class={`action ${action}`}>
      {action}
      {shadow === true ? ' (shadow)' : ''}
    </span>
  )
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const

export function span(ms: number): string {
  const seconds = Math.abs(ms) / 1_000
  if (seconds < 1) return `${Math.round(Math.abs(ms))} ms`
  const [size, unit] = UNITS.find(([one]) => seconds >= one)!
  return `${Math.floor(seconds / size)} ${unit}`
}

export function Time({ at }: { readonly at: string }) {
  const ms = Date.parse(at) - Date.now()
  const text = Math.abs(ms) < 1_000 ? 'now' : ms < 0 ? `${span(ms)} ago` : `in ${span(ms)}`
  return (
    <time dateTime={at} title={at}>
      {text}
    </time>
  )
}

export function Problem({ error }: { readonly error: Refused | undefined }) {
  if (error === undefined) return null
  return (
    <p class="problem" role="alert">
      <strong>{plain(error.message || 'It did not work.')}</strong> <code>{plain(error.code)}</code>
    </p>
  )
}

/** In the place of a list that has nothing in it: what that means, and what to do. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>
}

export function Waiting() {
  return (
    <p class="waiting" role="status">
      Asking the node …
    </p>
  )
}

export function Card({
  title,
  children,
  wide,
}: {
  readonly title: string
  readonly children: ComponentChildren
  readonly wide?: boolean
}) {
  return (
    <section class={wide === true ? 'card wide' : 'card'}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

/** Rows of a name and what it is. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [string, ComponentChildren])[]
}) {
  return (
    <dl>
      {rows.map(([name, what]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  )
}

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => ComponentChildren
  readonly isNumber?: boolean
}

/** Scrolls within itself where a page is narrower. */
export function Table<Row>({
  rows,
  columns,
  label,
}: {
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly label: string
}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map(({ head, isNumber }) => (
              <th key={head} scope="col" class={isNumber === true ? 'number' : ''}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {columns.map(({ head, cell, isNumber }) => (
                <td key={head} class={isNumber === true ? 'number' : ''}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
