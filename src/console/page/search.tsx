/** One field for what a person has at hand: a value of any type, or a decision id. */
import { useState } from 'preact/hooks'
import { ask, useWork } from './ask.js'
import { Choice, Field } from './form.js'
import { indicatorAddress, Problem } from './shown.js'

const TYPES: readonly (readonly [name: string, text: string])[] = [
  ['ip', 'IP address or network'],
  ['decision', 'Decision id'],
  ['email-domain', 'E-mail domain'],
  ['domain', 'Domain'],
  ['asn', 'Autonomous system'],
  ['ua', 'User agent'],
  ['ja3', 'JA3'],
  ['ja4', 'JA4'],
  ['headers', 'Header order'],
  ['bin', 'Card BIN'],
  ['proxy', 'Proxy service'],
  ['account', 'Account (keyed)'],
  ['email', 'E-mail address (keyed)'],
  ['phone', 'Telephone number (keyed)'],
  ['payment', 'Payment account (keyed)'],
  ['api-key', 'API key (keyed)'],
  ['tools', 'Tool schema (keyed)'],
  ['prompt', 'System prompt (keyed)'],
  ['line', 'Line of a prompt (keyed)'],
  ['sketch', 'Sketch, by its hash'],
]

export function SearchPage() {
  const [type, setType] = useState('ip')
  const [value, setValue] = useState('')
  const { busy, error, run } = useWork()
  const submit = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      const asked = value.trim()
      if (type === 'decision') {
        location.hash = `#/decision/${encodeURIComponent(asked)}`
        return
      }
      // In a body, and shown on by its hash where it is keyed: no raw value gets into an address.
      const { verdict } = await ask<{ verdict: { type: string; value: string } }>(
        'POST',
        '/v1/explain',
        { type, value: asked },
      )
      location.hash = indicatorAddress(verdict.type, verdict.value)
    })
  }
  return (
    <form class="search" onSubmit={submit}>
      <Choice label="What it is" value={type} onChange={setType} of={TYPES} />
      <Field
        label="Value"
        value={value}
        onChange={setValue}
        required
        hint="As it is in a log; it is brought into its canonical form. Nothing is stored."
      />
      <Problem error={error} />
      <p class="buttons">
        <button type="submit" class="main" disabled={busy || value.trim() === ''}>
          Look up
        </button>
      </p>
    </form>
  )
}
