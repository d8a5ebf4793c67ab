/** Campaigns in a log: found among ordinary traffic, with what their accounts share; no others. */
import assert from 'node:assert/strict'
import { commonShingles } from '../../src/background.js'
import { CampaignDetector, type LoggedRequest } from '../../src/core/campaign-detector.js'
import { benignPrompt, filled, FRAMES } from '../support/campaign.js'
import { Random } from '../support/random.js'

const T0 = Date.UTC(2026, 10, 25)

function benign(count: number, random: Random): LoggedRequest[] {
  return Array.from({ length: count }, (_, i) => ({
    timeMs: T0 + random.below(86_400_000),
    account: `user-${i % 400}`,
    ip: `45.1.${random.below(200)}.${random.below(250)}`,
    ja4: `t13d${1000 + random.below(40)}h2_8daaf6152771_02713d6af862`,
    prompt: benignPrompt(random),
  }))
}

function campaign(frame: string, count: number, pool: number, random: Random): LoggedRequest[] {
  return Array.from({ length: count }, (_, i) => ({
    timeMs: T0 + i * 30_000,
    account: `hydra-${pool}-${i % 40}`,
    ip: `45.200.${pool}.${random.below(12)}`,
    ja4: `t13d${pool}h1_000000000000_111111111111`,
    prompt: filled(frame, random),
    outputTokens: 900,
  }))
}

describe('core/campaign-detector', () => {
  it('finds each frame with its accounts and what they share, and nothing else', () => {
    const random = new Random(9)
    const detector = new CampaignDetector(commonShingles())
    const rows = [
      ...benign(3_000, random),
      ...campaign(FRAMES[0], 300, 7101, random),
      ...campaign(FRAMES[2], 200, 7202, random),
    ]
    for (const row of rows) assert.ok(detector.add(row))
    const found = detector.campaigns()
    assert.deepEqual(
      found.map(({ requests, accounts }) => [requests, accounts.length]),
      [
        [300, 40],
        [200, 40],
      ],
    )
    const [first] = found
    assert.ok(first!.accounts.every((account) => account.startsWith('hydra-7101-')))
    assert.equal(first!.addresses.length, 12)
    assert.deepEqual(
      first!.fingerprints.map(({ accounts, others }) => [accounts, others]),
      [[40, 0]],
    )
    assert.ok(first!.rhythm < 0.05 && first!.outputTokens === 300 * 900)
    assert.equal(new Set(first!.samples.map(({ account }) => account)).size, 40)
  })

  it('finds nothing where few accounts write alike, and groups by hash without text', () => {
    const random = new Random(10)
    const detector = new CampaignDetector(commonShingles())
    for (const row of campaign(FRAMES[1], 100, 7301, random)) {
      detector.add({ ...row, account: `team-${row.timeMs % 4}` })
    }
    for (let i = 0; i < 60; i++) {
      detector.add({ timeMs: T0 + i, account: `h-${i % 6}`, promptHash: 'same' })
      detector.add({ timeMs: T0 + i, account: `o-${i % 6}`, promptHash: `own ${i}` })
    }
    const found = detector.campaigns()
    assert.deepEqual(
      found.map(({ requests, accounts }) => [requests, accounts.length]),
      [[60, 6]],
    )
    assert.deepEqual(found[0]!.samples, [])
  })
})
