/**
 * Fields, and the window in which something is confirmed: it says what will happen before it does,
 * is left with Escape, and keeps the focus until then.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { useWork } from './ask.js'
import { Problem } from './shown.js'

interface FieldOptions {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hint?: string
  readonly required?: boolean
}

export function Field({
  label,
  value,
  onChange,
  hint,
  required,
  placeholder,
}: FieldOptions & { readonly placeholder?: string }) {
  const id = useId()
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        required={required === true}
        placeholder={placeholder ?? ''}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      {hint === undefined ? null : <small>{hint}</small>}
    </p>
  )
}

export function Choice({
  label,
  value,
  onChange,
  hint,
  of,
}: FieldOptions & { readonly of: readonly (readonly [value: string, text: string])[] }) {
  const id = useId()
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {of.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
      {hint === undefined ? null : <small>{hint}</small>}
    </p>
  )
}

/** Names of codes as choices. */
export const named = (names: readonly string[]) =>
  names.map((name) => [name, name.replaceAll('-', ' ')] as const)

export function Confirm({
  title,
  verb,
  children,
  ready = true,
  onDone,
  onClose,
}: {
  readonly title: string
  /** On the button that does it. */
  readonly verb: string
  readonly children: ComponentChildren
  readonly ready?: boolean
  readonly onDone: () => Promise<void>
  readonly onClose: () => void
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  const { busy, error, run } = useWork()
  useEffect(() => dialog.current?.showModal(), [])
  const submit = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      await onDone()
      onClose()
    })
  }
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id={id}>{title}</h2>
        {children}
        <Problem error={error} />
        <p class="buttons">
          <button type="submit" class="main" disabled={busy || !ready}>
            {verb}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </p>
      </form>
    </dialog>
  )
}
