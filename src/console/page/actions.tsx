/** What an operator may do about one indicator; each says what it will do before it does it. */
import { useState } from 'preact/hooks'
import { DISPUTE_REASON, REVOCATION_REASON } from '../../core/codes.js'
import { ask } from './ask.js'
import type { Explanation } from './explained.js'
import { Choice, Confirm, Field, named } from './form.js'
import { EnforceDialog } from './enforce.js'
import { asked, Value } from './shown.js'

type Deed = 'revoke' | 'dispute' | 'withdraw' | 'allow' | 'confirm' | 'enforce'

interface DialogOptions {
  readonly type: string
  readonly value: string
  readonly onDone: () => void
  readonly onClose: () => void
}

export function Actions({
  explanation,
  onDone,
}: {
  readonly explanation: Explanation
  readonly onDone: () => void
}) {
  const [deed, setDeed] = useState<Deed>()
  const { verdict, keys } = explanation
  const own = keys.find(({ type, value }) => type === verdict.type && value === verdict.value)
  const isOurs = (kind: string) =>
    (own?.said ?? []).some(
      ({ trust, state, says }) => trust === 'own' && state === 'live' && says['kind'] === kind,
    )
  const isShadow = verdict.wouldBe !== undefined || verdict.shadow
  const deeds: readonly (readonly [Deed, string, boolean])[] = [
    ['allow', 'Allow', true],
    ['revoke', 'Revoke our report', isOurs('report')],
    ['dispute', 'Dispute', (own?.said.length ?? 0) > 0 && !isOurs('dispute')],
    ['withdraw', 'Withdraw our dispute', isOurs('dispute')],
    ['confirm', 'Confirm: we have met it', (own?.said.length ?? 0) > 0],
    ['enforce', 'Shadow → enforce', isShadow],
  ]
  const options = { ...verdict, onDone, onClose: () => setDeed(undefined) }
  return (
    <>
      <p class="buttons">
        {deeds.map(([one, text, may]) =>
          may ? (
            <button type="button" key={one} onClick={() => setDeed(one)}>
              {text}
            </button>
          ) : null,
        )}
      </p>
      {deed === 'allow' ? <AllowDialog {...options} /> : null}
      {deed === 'revoke' ? <RevokeDialog {...options} /> : null}
      {deed === 'dispute' ? <DisputeDialog {...options} /> : null}
      {deed === 'withdraw' ? <WithdrawDialog {...options} /> : null}
      {deed === 'confirm' ? <SightingDialog {...options} /> : null}
      {deed === 'enforce' ? <EnforceDialog {...options} explanation={explanation} /> : null}
    </>
  )
}

function AllowDialog({ type, value, onDone, onClose }: DialogOptions) {
  const [reason, setReason] = useState('')
  const [until, setUntil] = useState('')
  const [request, setRequest] = useState('attribute')
  const work = async () => {
    const body = { type, value: asked(type, value), reason, request: request === 'request' }
    await ask('POST', '/v1/allowlist', until === '' ? body : { ...body, until })
    onDone()
  }
  return (
    <Confirm
      title="Allow it here"
      verb="Allow"
      ready={reason.trim() !== ''}
      onDone={work}
      onClose={onClose}
    >
      <p>
        <Value type={type} value={value} /> acts no longer in this node’s verdicts, from now on,
        whatever anybody reports. Other members are not told: dispute it, too, where it is wrong.
      </p>
      <Field label="Reason" value={reason} onChange={setReason} required hint="Kept here alone." />
      <Choice
        label="How far"
        value={request}
        onChange={setRequest}
        of={[
          ['attribute', 'this value is no evidence'],
          ['request', 'every request that carries it is allowed'],
        ]}
      />
      <Choice
        label="Until"
        value={until}
        onChange={setUntil}
        of={[
          ['', 'it is removed'],
          ['1h', 'an hour from now'],
          ['24h', 'a day from now'],
          ['7d', 'a week from now'],
          ['90d', '90 days from now'],
        ]}
      />
    </Confirm>
  )
}

function RevokeDialog({ type, value, onDone, onClose }: DialogOptions) {
  const [reason, setReason] = useState('false-positive')
  const work = async () => {
    await said('/v1/revocations', { type, value: asked(type, value), reason })
    onDone()
  }
  return (
    <Confirm title="Revoke our report" verb="Revoke" onDone={work} onClose={onClose}>
      <p>
        Every member is told, and our report of <Value type={type} value={value} /> counts no longer
        anywhere. Reports of others stay.
      </p>
      <Choice
        label="Reason"
        value={reason}
        onChange={setReason}
        of={named(REVOCATION_REASON.names)}
        hint="A code; members see it."
      />
    </Confirm>
  )
}

function DisputeDialog({ type, value, onDone, onClose }: DialogOptions) {
  const [reason, setReason] = useState('own-customer')
  const work = async () => {
    await said('/v1/disputes', { type, value: asked(type, value), reason })
    onDone()
  }
  return (
    <Confirm title="Dispute what others report" verb="Dispute" onDone={work} onClose={onClose}>
      <p>
        Reports of others on <Value type={type} value={value} /> only observe here, from now on.
        Members are told; with them it counts once a second member disputes it, too.
      </p>
      <Choice
        label="Reason"
        value={reason}
        onChange={setReason}
        of={named(DISPUTE_REASON.names.filter((name) => name !== 'withdrawn'))}
        hint="A code; members see it."
      />
    </Confirm>
  )
}

function WithdrawDialog({ type, value, onDone, onClose }: DialogOptions) {
  const work = async () => {
    await said('/v1/disputes', { type, value: asked(type, value), reason: 'withdrawn' })
    onDone()
  }
  return (
    <Confirm title="Withdraw our dispute" verb="Withdraw" onDone={work} onClose={onClose}>
      <p>
        What others report on <Value type={type} value={value} /> acts again as policy has it.
      </p>
    </Confirm>
  )
}

function SightingDialog({ type, value, onDone, onClose }: DialogOptions) {
  const [count, setCount] = useState('1-4')
  const work = async () => {
    await said('/v1/sightings', { type, value: asked(type, value), count })
    onDone()
  }
  return (
    <Confirm title="Confirm it" verb="Confirm" onDone={work} onClose={onClose}>
      <p>
        You say that <Value type={type} value={value} /> was met here, too. What was held back for
        the look-ups it would meet acts, and disputes of others no longer lower it here. Members are
        told how often, roughly.
      </p>
      <Choice
        label="How often"
        value={count}
        onChange={setCount}
        of={['1-4', '5-19', '20-99', '100-999', '1000+'].map((one) => [one, one])}
      />
    </Confirm>
  )
}

/** One statement; a refusal of it is a refusal. */
async function said(path: string, body: object): Promise<void> {
  const { results } = await ask<{
    readonly results: readonly { status: string; code?: string; detail?: string }[]
  }>('POST', path, body)
  const [result] = results
  if (result?.status !== 'refused') return
  throw new Refusal(result.code ?? 'refused', result.detail ?? 'It was refused.')
}

class Refusal extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(text)
  }
}
