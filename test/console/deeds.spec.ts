/**
 * What an operator does in the console, in Chromium and on real nodes: each deed is done by its
 * buttons, and seen in the node's own answers afterwards.
 */
import assert from 'node:assert/strict'
import type { Browser, Locator } from 'playwright-core'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { enter, go, openBrowser, picture, type Visit } from '../support/browser.js'
import { equal, Fleet, linked } from '../support/fleet.js'
import { until } from '../support/until.js'

const VALUE = '198.51.100.7'
const PLACE = `indicator/net.ipv4/${VALUE}`
/** A report at another lab is in an open page after so long at most. */
const SEEN_MS_MAX = 2_000

describe('console: deeds', function () {
  this.timeout(120_000)
  let fleet: Fleet
  let browser: Browser
  let a: LabProcess, b: LabProcess
  let visit: Visit

  before(async () => {
    fleet = await Fleet.open()
    ;[a, b] = (await fleet.mesh('Lab A', 'Lab B')) as [LabProcess, LabProcess]
    browser = await openBrowser()
    visit = await enter(browser, b)
  })
  after(async () => {
    await browser?.close()
    await fleet.close()
  })
  afterEach(() => assert.deepEqual(visit.complaints, []))

  const button = (name: string, within: Pick<Locator, 'getByRole'> = visit.page) =>
    within.getByRole('button', { name, exact: true })
  const report = (lab: LabProcess, value: string) =>
    lab.request('POST', '/v1/reports', { type: 'ip', value })
  const action = async () => (await b.check('ip', VALUE))['action']
  /** Opens a window, fills it in, and does what it says. */
  const deed = async (opens: string, does: string, fill?: (dialog: Locator) => Promise<void>) => {
    await button(opens).click()
    const dialog = visit.page.getByRole('dialog')
    await dialog.waitFor()
    await fill?.(dialog)
    await button(does, dialog).click()
    await dialog.waitFor({ state: 'detached' })
  }
  const reads = (text: string | RegExp) =>
    visit.page.locator('main').getByText(text).first().waitFor()

  it('a report at lab A is in lab B’s open page within two seconds', async () => {
    const { page } = visit
    await go(visit, b, 'feed')
    await reads('Nobody has said anything yet')
    const beganMs = performance.now()
    await report(a, VALUE)
    await page.getByRole('link', { name: VALUE }).waitFor()
    const tookMs = performance.now() - beganMs
    assert.ok(tookMs < SEEN_MS_MAX, `${tookMs} ms`)
    await picture(visit, 'feed-live')
  })

  it('search finds a value, with whoever said it, and a decision by its id', async () => {
    const { page } = visit
    await go(visit, b, 'search')
    await page.getByLabel('Value').fill(` ${VALUE} `)
    await button('Look up').click()
    await reads('Lab A (corroborate)')
    assert.ok(page.url().endsWith(`#/${PLACE}`))
    const { decisionId } = await b.check('ip', VALUE)
    await go(visit, b, 'search')
    await page.getByLabel('What it is').selectOption('decision')
    await page.getByLabel('Value').fill(String(decisionId))
    await button('Look up').click()
    await reads('Lab A (corroborate)')
    await picture(visit, 'decision')
  })

  it('allow, and allow no longer', async () => {
    await go(visit, b, PLACE)
    assert.equal(await action(), 'throttle')
    await deed('Allow', 'Allow', (dialog) => dialog.getByLabel('Reason').fill('our customer'))
    await reads('guarded by')
    assert.equal(await action(), 'allow')
    await go(visit, b, 'lists')
    await deed('Remove', 'Remove')
    await reads('Nothing is allowed by hand')
    assert.equal(await action(), 'throttle')
  })

  it('dispute, and withdraw it; confirm', async () => {
    await go(visit, b, PLACE)
    await deed('Dispute', 'Dispute', async (dialog) => {
      await dialog.getByLabel('Reason').selectOption('own-customer')
    })
    await reads('disputed by Lab B')
    assert.equal(await action(), 'observe')
    await deed('Withdraw our dispute', 'Withdraw')
    await until(async () => (await action()) === 'throttle')
    await deed('Confirm: we have met it', 'Confirm')
    await reads('sighting, 1-4 times')
  })

  it('revoke our own report', async () => {
    await report(b, VALUE)
    await go(visit, b, 'search')
    await go(visit, b, PLACE)
    await reads('block')
    assert.equal(await action(), 'block')
    await deed('Revoke our report', 'Revoke')
    await until(async () => (await action()) === 'throttle')
    await button('Revoke our report').waitFor({ state: 'detached' })
  })

  it('what is in shadow acts after its effect was shown', async () => {
    const text = 'shadow:\n  all: false # as ever\n  types: [net.ipv4]\n'
    assert.equal((await b.request('PUT', '/v1/policy', { text })).status, 200)
    await go(visit, b, 'search')
    await go(visit, b, PLACE)
    await reads('it would be throttle')
    await deed('Shadow → enforce', 'Enforce', async (dialog) => {
      await dialog.getByText('1 of 1 verdicts').waitFor()
      await picture(visit, 'enforce')
    })
    await until(async () => (await action()) === 'throttle')
    const { body } = await b.request('GET', '/v1/policy')
    assert.match(String(body['text']), /all: false # as ever/)
  })

  it('another policy: mistakes, what it would turn, and in force', async () => {
    const { page, complaints } = visit
    await go(visit, b, 'policy')
    const text = page.getByLabel('Another policy')
    await text.fill('quorum: none')
    await button('Show what it would turn').click()
    await reads('Mistake:')
    complaints.length = 0 // The browser’s own word on a 422.
    await text.fill('trust: { corroborate: { alone: observe, counts: true } }')
    await button('Show what it would turn').click()
    await reads('1 of 1 verdicts')
    await picture(visit, 'what-if')
    await deed('Put it in force', 'Put it in force')
    await until(async () => (await action()) === 'observe')
  })

  it('a member’s trust and its end, each with its effect before', async () => {
    await go(visit, b, 'members')
    await deed('Trust', 'Change', async (dialog) => {
      await dialog.getByLabel('Trust').selectOption('trusted')
      await dialog.getByText('1 of 1 verdicts').waitFor()
      await picture(visit, 'trust')
    })
    assert.equal(await action(), 'throttle')
    await deed('Remove', 'Remove', async (dialog) => {
      await dialog.getByText('1 live claims of Lab A act no longer').waitFor()
      await dialog.getByText('1 of 1 verdicts').waitFor()
    })
    assert.equal(await action(), 'allow')
    await reads('This node hears nobody yet')
  })

  it('admitting a member shows its fingerprint in words and its effect first', async () => {
    const words = (await fleet.cli(a, 'id', '--words')).stdout.trim()
    const card = await a.card()
    await deed('Admit a member', 'Admit', async (dialog) => {
      await dialog.getByLabel('Card').fill(card)
      assert.ok(await button('Admit', dialog).isDisabled(), 'nothing was shown yet')
      await button('Show what it would do', dialog).click()
      await dialog.getByText(words).waitFor()
      await dialog.getByText('1 of 1 verdicts').waitFor()
      await picture(visit, 'admit')
    })
    await visit.page.getByRole('cell', { name: 'Lab A' }).waitFor()
    await linked([a, b])
    await equal([a, b])
  })

  it('pause, seen on every page, and resume', async () => {
    const { page } = visit
    await report(b, VALUE)
    await go(visit, b, 'pause')
    await deed('Pause enforcement', 'Pause', async (dialog) => {
      await dialog.getByLabel('Reason').fill('a customer is kept out')
    })
    assert.equal(await action(), 'observe')
    await go(visit, b, 'mesh')
    await page.getByRole('alert').getByText('a customer is kept out').waitFor()
    await picture(visit, 'paused')
    await page.getByRole('link', { name: 'Resume' }).click()
    await button('Resume enforcement').click()
    await until(async () => (await action()) === 'block')
    await page.getByText('a customer is kept out').first().waitFor({ state: 'detached' })
  })

  it('a node that is gone is said to be, and what was shown stays', async () => {
    await go(visit, b, 'feed')
    await b.end()
    await visit.page.getByRole('alert').getByText('does not answer').first().waitFor()
    assert.ok(await visit.page.getByRole('link', { name: VALUE }).first().isVisible())
    visit.complaints.length = 0
  })
})
