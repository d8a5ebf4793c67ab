/** Evidence: what a file proves with public keys alone, and that no change of it goes unseen. */
import assert from 'node:assert/strict'
import { checkEvidence } from '../../src/core/evidence-check.js'
import { buildEvidence, type Behind, type EvidenceFile } from '../../src/core/evidence.js'
import type { Envelope } from '../../src/core/envelope.js'
import { peerNameOf } from '../../src/core/identity.js'
import { LIMITS } from '../../src/core/limits.js'
import type { Statement } from '../../src/core/statement.js'
import { authorNamed, report, revocation, sealed, T0 } from '../support/samples.js'

const B = authorNamed('B')
const SAID: readonly Statement[] = [
  report(),
  report({ value: '198.51.100.8', campaign: 'ca'.repeat(16), labels: [1] }),
  revocation({ value: '198.51.100.9', author: authorNamed('B2').author }),
  { kind: 'sighting', type: 1, value: '198.51.100.7', until: T0 + 1, count: 2, day: 20_000 },
  { kind: 'dispute', type: 1, value: '198.51.100.7', until: T0 + 1, author: null, reason: 2 },
]
const ABOUT = {
  questions: [{ type: 'net.ipv4', value: '198.51.100.7', action: 'throttle' }],
  asOf: new Date(T0).toISOString(),
  policy: 'abcd',
} as const

function fileOf(envelope: Envelope, indexes: readonly number[], mayLeave = (_: number) => true) {
  const behind = indexes.map((index): Behind => ({
    envelope,
    index,
    statement: SAID[index]!,
    member: 'Lab B',
  }))
  return buildEvidence(ABOUT, behind, new Map([[envelope.id, envelope]]), mayLeave)
}

function checked(file: unknown) {
  const made = checkEvidence(JSON.parse(JSON.stringify(file)))
  assert.ok(made.ok)
  return made.value
}

/** A deep copy with the change made. */
function changed(file: EvidenceFile, change: (copy: Loose) => void): unknown {
  const copy = JSON.parse(JSON.stringify(file)) as Loose
  change(copy)
  return copy
}
interface Loose {
  format: string
  envelopes: { id: string; author: string; wire: string; statements: LooseStatement[] }[]
}
interface LooseStatement {
  index: number
  says: Record<string, unknown>
}

const all = SAID.map((_, i) => i)
const envelope = sealed(B, SAID)
const file = fileOf(envelope, all)

describe('core/evidence', () => {
  it('proves each kind of statement: who, which number, when', () => {
    const { ok, statements } = checked(file)
    assert.equal(ok, true)
    assert.deepEqual(
      statements.map(({ state }) => state),
      all.map(() => 'proven'),
    )
    const { says, ...place } = statements[0]!
    assert.deepEqual(place, {
      envelope: envelope.id,
      index: 0,
      state: 'proven',
      author: peerNameOf(B.author),
      seq: 1,
      time: T0,
      networkId: envelope.networkId,
    })
    assert.deepEqual(says, {
      kind: 'report',
      type: 'net.ipv4',
      value: '198.51.100.7',
      until: '2026-09-02T00:00:00.000Z',
      action: 'block',
      confidence: 80,
      firstHand: true,
      category: 'capability-extraction',
      tlp: 'amber',
      pap: 'green',
      evidence: 'unspecified',
      campaign: null,
      labels: [],
    })
  })

  it('every field of what is said is held against the signature', () => {
    for (const [i, { says }] of file.envelopes[0]!.statements.entries()) {
      for (const name of Object.keys(says)) {
        const forged = changed(file, (copy) => {
          copy.envelopes[0]!.statements[i]!.says[name] = 'other'
        })
        const { ok, statements } = checked(forged)
        assert.deepEqual([ok, statements[i]!.problem], [false, 'statement-differs'], name)
      }
    }
    const more = changed(file, (copy) => (copy.envelopes[0]!.statements[0]!.says['note'] = 'x'))
    assert.equal(checked(more).ok, false)
    const elsewhere = changed(file, (copy) => (copy.envelopes[0]!.statements[0]!.index = 9))
    assert.equal(checked(elsewhere).statements[0]!.problem, 'statement-differs')
  })

  it('a byte of the wire, another id or author, another envelope: wrong', () => {
    const wire = Buffer.from(file.envelopes[0]!.wire, 'base64')
    for (let at = 0; at < wire.length; at++) {
      const forged = Buffer.from(wire)
      forged[at]! ^= 1
      const copy = changed(file, (loose) => {
        loose.envelopes[0]!.wire = forged.toString('base64')
      })
      const { ok, statements } = checked(copy)
      assert.equal(ok, false, `byte ${at}`)
      assert.ok(
        statements.every(({ state }) => state === 'wrong'),
        `byte ${at}`,
      )
    }
    const id = changed(file, (copy) => (copy.envelopes[0]!.id = 'ab'.repeat(32)))
    assert.equal(checked(id).statements[0]!.problem, 'envelope-differs')
    const author = changed(file, (copy) => (copy.envelopes[0]!.author = 'nobody'))
    assert.equal(checked(author).statements[0]!.problem, 'envelope-differs')
    const nothing = changed(file, (copy) => (copy.envelopes[0]!.wire = ''))
    assert.equal(checked(nothing).statements[0]!.problem, 'not-canonical')
  })

  it('a payload that is gone leaves the header, which proves no statement', () => {
    const bare = fileOf({ ...envelope, payload: null, statements: [] }, [0])
    assert.equal(bare.envelopes[0]!.payload, 'gone')
    const { ok, statements } = checked(bare)
    assert.deepEqual([ok, statements[0]!.state, statements[0]!.seq], [false, 'header', 1])
  })

  it('a statement that may not leave takes its payload with it, and is not told', () => {
    const held = sealed(B, [report(), report({ value: '198.51.100.8', tlp: 2 })])
    const behind = [0, 1].map((index): Behind => ({
      envelope: held,
      index,
      statement: held.statements[index] as Statement,
      member: 'Lab B',
    }))
    const made = buildEvidence(ABOUT, behind, new Map([[held.id, held]]), (tlp) => tlp > 2)
    assert.equal(made.envelopes[0]!.payload, 'marks')
    assert.deepEqual(
      made.envelopes[0]!.statements.map(({ index }) => index),
      [0],
    )
    assert.ok(!JSON.stringify(made).includes('198.51.100.8'))
    const wire = Buffer.from(made.envelopes[0]!.wire, 'base64').toString('latin1')
    assert.ok(!wire.includes('198.51.100.8'))
  })

  it('an envelope that is no longer held is named', () => {
    const behind = [{ envelope, index: 0, statement: SAID[0]!, member: null }]
    assert.deepEqual(buildEvidence(ABOUT, behind, new Map(), () => true).missing, [envelope.id])
  })

  const MALFORMED: readonly unknown[] = [
    null,
    1,
    [],
    {},
    { format: 'tocsin-evidence/2', envelopes: [] },
    { format: 'tocsin-evidence/1' },
    { format: 'tocsin-evidence/1', envelopes: [null] },
    { format: 'tocsin-evidence/1', envelopes: [{ id: '', author: '', wire: '', statements: {} }] },
    { format: 'tocsin-evidence/1', envelopes: [{ id: '', author: '', statements: [] }] },
    changed(file, (copy) => (copy.envelopes[0]!.statements[0]!.index = 0.5)),
    changed(file, (copy) => delete (copy.envelopes[0]!.statements[0] as { says?: object }).says),
    {
      format: 'tocsin-evidence/1',
      envelopes: Array.from({ length: LIMITS.evidenceEnvelopesMax + 1 }, () => file.envelopes[0]),
    },
  ]
  it('what is no file of this format is malformed', () => {
    for (const one of MALFORMED) {
      const made = checkEvidence(one)
      assert.equal(made.ok ? 'ok' : made.code, 'evidence-malformed', JSON.stringify(one))
    }
    const empty = checkEvidence({ format: 'tocsin-evidence/1', envelopes: [] })
    assert.ok(empty.ok)
    assert.deepEqual(empty.value, { ok: false, statements: [] })
  })
})
