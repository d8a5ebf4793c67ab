/**
 * `npm run bench campaign`: one hydra of accounts mines three labs at once, over ordinary traffic.
 * Lab A detects it from its own log and tells; what do B and C stop, and whom else do they touch?
 * With everything that can be told, and with one kind alone. Real nodes, all requests over HTTP.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { commonShingles } from '../../src/background.js'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { CampaignDetector, type Campaign } from '../../src/core/campaign-detector.js'
import { extractFrame, isFrame } from '../../src/core/frame.js'
import { benignPrompt, filled, FRAMES } from '../support/campaign.js'
import { Fleet, linked, run } from '../support/fleet.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { edited } from './prompt-edits.js'

const KINDS = ['sketches', 'identifiers', 'addresses'] as const
type Kind = (typeof KINDS)[number]

export interface CampaignBench {
  readonly seed: number
  /** Of each of the two pools, the second of which takes over half-way. */
  readonly accounts: number
  readonly requestsEach: number
  /** Ordinary requests for each one of the campaign. */
  readonly benignEach: number
}

/** Half of them before the second pool takes over. */
const ROUNDS = 8
/** Lab B detects it by itself later than A. */
const SECOND_ROUND = 3
const IN_FLIGHT = 8
const ADDRESSES = 400

interface Request {
  readonly isAttack: boolean
  readonly account: string
  readonly ip: string
  readonly prompt: string
}

interface Counts {
  readonly attack: Record<string, number>
  readonly failedOver: Record<string, number>
  readonly benign: Record<string, number>
}

export async function campaignWith(
  kinds: readonly Kind[],
  options: CampaignBench,
): Promise<Figures> {
  const random = new Random(options.seed)
  const fleet = await Fleet.open()
  try {
    const labs = await labsOf(fleet)
    const seen = labs.slice(0, 2).map(() => new CampaignDetector(commonShingles()))
    const counts: Counts = { attack: {}, failedOver: {}, benign: {} }
    let protectedMs = -1
    let before = 0
    for (let round = 0; round < ROUNDS; round++) {
      const requests = roundOf(round, options, random)
      for (const [i, lab] of labs.entries()) {
        const own = requests.filter((_, at) => at % labs.length === i)
        for (const one of own) seen[i]?.add({ ...one, timeMs: Date.now() })
        const isProtected = i > 0 && protectedMs >= 0
        await each(own, async (one) => {
          const action = await ask(lab, one)
          if (!isProtected) before += Number(one.isAttack)
          else note(counts, round, one, action)
        })
      }
      const teller = round === 0 ? 0 : round === SECOND_ROUND ? 1 : undefined
      if (teller === undefined) continue
      const [found, began] = [seen[teller]!.campaigns(), performance.now()]
      assert.ok(found.length > 0, 'the campaign was not detected')
      for (const campaign of found) await tell(labs[teller]!, campaign, kinds)
      await all(labs, kinds, found)
      if (round === 0) protectedMs = Math.round(performance.now() - began)
    }
    return { told: kinds.join('+'), protectedMs, attackBefore: before, ...sharesOf(counts) }
  } finally {
    await fleet.close()
  }
}

async function labsOf(fleet: Fleet): Promise<LabProcess[]> {
  const folders = ['a', 'b', 'c'].map((name) => join(fleet.folder, name))
  await run(['--data', folders[0]!, 'federation', 'create', 'Labs'])
  const file = join(folders[0]!, 'federation.yaml')
  for (const folder of folders.slice(1)) await run(['--data', folder, 'federation', 'join', file])
  const env = { TOCSIN_KEYED_TYPES: 'account' }
  const labs = await Promise.all(
    folders.map((data, i) => fleet.lab(`Lab ${'ABC'[i]!}`, { data, env })),
  )
  for (const lab of labs)
    for (const other of labs) if (lab !== other) await lab.admit(other, 'trusted')
  await linked(labs)
  return labs
}

/** Rotating addresses, three frames, and from half-way on other accounts, addresses and wording. */
function roundOf(round: number, options: CampaignBench, random: Random): Request[] {
  const { accounts, requestsEach, benignEach } = options
  const pool = round < ROUNDS / 2 ? 1 : 2
  const count = Math.round((accounts * requestsEach) / (ROUNDS / 2))
  const attack = Array.from({ length: count }, (_, i): Request => {
    const account = `acme:hydra-${pool}-${i % accounts}`
    const prompt = filled(FRAMES[i % 3]!, random)
    return {
      isAttack: true,
      account,
      ip: `45.${200 + pool}.${random.below(ADDRESSES / 200)}.${random.below(200)}`,
      prompt: pool === 1 ? prompt : edited(prompt, 'light', random),
    }
  })
  const benign = Array.from({ length: count * benignEach }, (): Request => {
    const user = random.below(4_000)
    // Some customers come from where the campaign does: rented space is everybody's.
    const isNear = random.below(200) === 0
    const far = `62.${user >> 8}.${user & 255}.${random.below(250)}`
    const ip = isNear ? `45.${200 + pool}.0.${random.below(200)}` : far
    return { isAttack: false, account: `acme:user-${user}`, ip, prompt: benignPrompt(random) }
  })
  const mixed = [...attack, ...benign]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!]
  }
  return mixed
}

async function ask(lab: LabProcess, { account, ip, prompt }: Request): Promise<string> {
  const body = { account, prompt, attributes: [{ type: 'ip', value: ip }] }
  const answer = await lab.request('POST', '/v1/check/request', body, { connection: 'keep-alive' })
  assert.equal(answer.status, 200, answer.text)
  return String(answer.body['action'])
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < items.length) await work(items[next++]!)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
}

/** As a person would after reading the draft. */
async function tell(lab: LabProcess, campaign: Campaign, kinds: readonly Kind[]): Promise<void> {
  const { accounts, addresses, samples } = campaign
  const say = async (path: string, body: unknown) => {
    const { status, text } = await lab.request('POST', path, body)
    assert.ok(status < 300, text)
  }
  const items = [
    ...(kinds.includes('identifiers') ? accounts.map((value) => ({ type: 'account', value })) : []),
    ...(kinds.includes('addresses')
      ? addresses
          .filter((one) => one.others <= one.accounts / 10)
          .map(({ value }) => ({ type: 'ip', value }))
      : []),
  ]
  for (let at = 0; at < items.length; at += 1_000) {
    await say('/v1/reports', items.slice(at, at + 1_000))
  }
  if (!kinds.includes('sketches')) return
  const { frame } = extractFrame(samples, commonShingles())
  if (isFrame(frame)) await say('/v1/sketches', { shingles: frame.shingles })
}

/** Until every lab knows the last of what was told. */
async function all(
  labs: readonly LabProcess[],
  kinds: readonly Kind[],
  found: readonly Campaign[],
): Promise<void> {
  assert.ok(kinds.length > 0 && found.length > 0)
  for (;;) {
    const lives = await Promise.all(labs.map(async (lab) => (await lab.status())['stateHash']))
    if (new Set(lives).size === 1) return
  }
}

function note({ attack, failedOver, benign }: Counts, round: number, one: Request, action: string) {
  const of = !one.isAttack ? benign : round < ROUNDS / 2 ? attack : failedOver
  of[action] = (of[action] ?? 0) + 1
}

/** Percent of requests at B and C since they were told. */
function sharesOf(counts: Counts): Figures {
  const figures: Record<string, number> = {}
  for (const [name, of] of Object.entries(counts) as [string, Record<string, number>][]) {
    const all = Object.values(of).reduce((sum, count) => sum + count, 0)
    for (const action of ['observe', 'throttle', 'block']) {
      figures[`${name}.${action}`] = Math.round((10_000 * (of[action] ?? 0)) / all) / 100
    }
    figures[`${name}.requests`] = all
  }
  return figures
}

await runSoak(import.meta.url, 'campaign', async ({ seed }) => {
  const options = { seed, accounts: 1_000, requestsEach: 24, benignEach: 1 }
  const rows: Figures[] = []
  for (const kinds of [KINDS, ...KINDS.map((kind) => [kind])]) {
    rows.push(await campaignWith(kinds, options))
    console.table(rows)
  }
  const flat = rows.map(({ told, ...rest }) =>
    Object.entries(rest).map(([name, value]) => [`${String(told)} ${name}`, value] as const),
  )
  return Object.fromEntries(flat.flat())
})
