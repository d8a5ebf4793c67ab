/**
 * Every page of the console in Chromium: what it shows is there, nothing complains, axe-core finds
 * nothing serious in either theme at either width, and hostile text does nothing anywhere.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser } from 'playwright-core'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { enter, go, openBrowser, picture, type Visit } from '../support/browser.js'
import { equal, Fleet } from '../support/fleet.js'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const THEMES = ['light', 'dark'] as const
const WIDTHS = [1280, 390] as const
const VALUE = '198.51.100.7'

/** Address, its heading, and text that shows that it is not empty. */
const PAGES: readonly (readonly [address: string, heading: string, text: string | RegExp])[] = [
  ['', 'Overview', 'From detection to enforcement'],
  ['search', 'Search', 'What it is'],
  ['feed', 'Live feed', VALUE],
  ['queue', 'Held and disputed', '203.0.113.50'],
  ['mesh', 'Mesh', 'applied ours within'],
  ['members', 'Members', 'Our card'],
  ['policy', 'Policy', 'Show what it would turn'],
  ['lists', 'Allowed and listed', 'Warning lists'],
  ['ledger', 'What left', /1 × report net\.ipv4/],
  ['pause', 'Pause', 'Pause enforcement'],
  [`indicator/net.ipv4/${VALUE}`, 'Indicator', 'Lab A'],
]

/** Shown wherever a text of somebody else is. */
const HOSTILE = '<img src=x onerror=hit()>\u001b[31m\u202e"\'&'

describe('console: pages', function () {
  this.timeout(180_000)
  let fleet: Fleet
  let browser: Browser
  let a: LabProcess, b: LabProcess
  let visit: Visit

  before(async () => {
    fleet = await Fleet.open()
    ;[a, b] = (await fleet.mesh('Lab A', 'Lab B')) as [LabProcess, LabProcess]
    const report = (lab: LabProcess, value: string, more: object = {}) =>
      lab.request('POST', '/v1/reports', { type: 'ip', value, ...more })
    await report(a, VALUE)
    await report(b, VALUE)
    await report(a, '203.0.113.50')
    await equal([a, b])
    const dispute = { type: 'ip', value: '203.0.113.50', reason: 'own-customer' }
    assert.equal((await b.request('POST', '/v1/disputes', dispute)).status, 201)
    await equal([a, b])
    browser = await openBrowser()
    visit = await enter(browser, b)
    await visit.page.addInitScript({ path: AXE })
    await visit.page.reload()
  })
  after(async () => {
    await browser?.close()
    await fleet.close()
  })

  const serious = async () => {
    const found = await visit.page.evaluate(() => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } }
      return axe.run()
    })
    return found.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  }

  for (const [address, heading, text] of PAGES) {
    it(`${heading}: both themes, both widths`, async () => {
      const { page, complaints } = visit
      await go(visit, b, address)
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor()
      await page.getByText(text).first().waitFor()
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 })
        const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
        assert.ok(wide <= width, `${wide} wide on a page of ${width}`)
        for (const colorScheme of THEMES) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          assert.deepEqual(await serious(), [], `${colorScheme} ${width}`)
          await picture(
            visit,
            `${heading.toLowerCase().replaceAll(' ', '-')}-${colorScheme}-${width}`,
          )
        }
      }
      assert.deepEqual(complaints, [])
    })
  }

  it('an address that is none says so', async () => {
    await go(visit, b, 'nowhere')
    await visit.page.getByRole('heading', { name: 'Not found' }).waitFor()
    await go(visit, b, 'indicator/net.ipv4/nonsense')
    await visit.page
      .getByText('value-malformed')
      .or(visit.page.getByRole('alert'))
      .first()
      .waitFor()
    assert.equal(visit.complaints.length, 2, 'the refusal, and the browser’s word on it')
    visit.complaints.length = 0
  })

  it('is used by the keyboard alone: to a page, into a window and out of it', async () => {
    const { page } = visit
    await page.setViewportSize({ width: 1280, height: 900 })
    await go(visit, b, '')
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.keyboard.press('Tab')
    const focused = () => page.evaluate<string>('document.activeElement.textContent')
    assert.equal(await focused(), 'To the page')
    while ((await focused()) !== 'Pause') await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Pause' }).waitFor()
    while ((await focused()) !== 'Pause enforcement') await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Pause enforcement' })
    await dialog.waitFor()
    assert.deepEqual(await serious(), [])
    await picture(visit, 'pause-window')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  it('hostile text in every field that shows one does nothing', async () => {
    const { page, complaints } = visit
    await page.evaluate('globalThis.hit = () => (globalThis.wasHit = true)')
    const html = HOSTILE.slice(0, 25)
    const card = await a.card()
    await b.request('DELETE', '/v1/members/Lab%20A')
    const member = { card, name: html, newOrganisation: true }
    assert.equal((await b.request('POST', '/v1/members', member)).status, 201)
    const done = [
      await b.request('POST', '/v1/admin/pause', { what: 'publish', reason: HOSTILE }),
      await b.request('POST', '/v1/allowlist', { type: 'ua', value: html, reason: HOSTILE }),
      await a.request('POST', '/v1/reports', { type: 'ua', value: html }),
    ]
    for (const { status, text } of done) assert.ok(status < 300, text)
    for (const [address] of PAGES) {
      await go(visit, b, address)
      await page.getByText('\\u{1b}[31m\\u{202e}').first().waitFor()
      const body = await page.locator('body').innerText()
      assert.doesNotMatch(body, /[\u001b\u202e]/)
      assert.equal(await page.locator('main img').count(), 0)
    }
    await go(visit, b, 'lists')
    await picture(visit, 'hostile')
    assert.equal(await page.evaluate('globalThis.wasHit'), undefined)
    assert.deepEqual(complaints, [])
  })
})
