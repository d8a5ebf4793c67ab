/**
 * Who gets in: a link that opens once and not for long, a session of one browser, and nobody else:
 * no stranger, no script of another origin, no page of another port.
 */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { enter, openBrowser, stranger } from '../support/browser.js'
import { Fleet } from '../support/fleet.js'
import { until } from '../support/until.js'

describe('console: the door', function () {
  this.timeout(90_000)
  let fleet: Fleet
  let browser: Browser
  let lab: LabProcess

  before(async () => {
    fleet = await Fleet.open()
    lab = await fleet.lab('Lab A')
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await fleet.close()
  })

  it('shows a stranger how to get in, and nothing else', async () => {
    const { page } = await stranger(browser)
    const answer = await page.goto(`${lab.api}/`)
    assert.equal(answer?.status(), 401)
    const text = await page.locator('body').innerText()
    assert.match(text, /tocsin console/)
    assert.ok(!text.includes('Lab A'))
    for (const path of ['/console/app.js', '/v1/status', '/v1/log', '/v1/members']) {
      assert.equal((await fetch(lab.api + path)).status, 401, path)
    }
  })

  it('opens once by the link that start and `tocsin console` print', async () => {
    const printed = /console +(http\S+)/.exec(lab.output)?.[1] ?? ''
    assert.ok(printed.startsWith(lab.api), lab.output)
    const { stdout, code } = await fleet.cli(lab, 'console')
    assert.equal(code, 0)
    for (const link of [printed, stdout.trim()]) {
      const { page, context } = await stranger(browser)
      await page.goto(link)
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      const [cookie] = await context.cookies()
      assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict'])
      const again = await stranger(browser)
      assert.equal((await again.page.goto(link))?.status(), 401)
      assert.match(await again.page.locator('body').innerText(), /used already/)
    }
  })

  it('leaving ends the session for good', async () => {
    const { page, context } = await enter(browser, lab)
    const cookies = await context.cookies()
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByText('tocsin console').waitFor()
    await context.addCookies(cookies)
    assert.equal((await page.goto(`${lab.api}/`))?.status(), 401)
  })

  it('runs no inline script and none from elsewhere', async () => {
    const { page, complaints } = await enter(browser, lab)
    const foreign = await listening((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end('globalThis.wasHit = 1')
    })
    try {
      // Past the types that a page must trust first: the policy alone has to stop these.
      await page.evaluate(
        `const as = trustedTypes.createPolicy('test', {
          createScript: (text) => text, createScriptURL: (url) => url, createHTML: (html) => html })
        const inline = document.createElement('script')
        inline.text = as.createScript('globalThis.wasHit = 1')
        const foreign = document.createElement('script')
        foreign.src = as.createScriptURL('${foreign.url}')
        const button = document.createElement('p')
        button.innerHTML = as.createHTML('<b onmouseover="globalThis.wasHit = 1">x</b>')
        document.body.append(inline, foreign, button)
        button.firstChild.dispatchEvent(new MouseEvent('mouseover'))`,
      )
      const refused = () => complaints.filter((text) => text.includes('Content Security Policy'))
      await until(() => refused().length >= 3)
      assert.equal(await page.evaluate('globalThis.wasHit'), undefined)
    } finally {
      foreign.server.close()
    }
    const headers = (await page.reload())!.headers()
    assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/)
    assert.equal(headers['x-frame-options'], 'DENY')
  })

  it('a page of another port of this host cannot ask in the operator’s name', async () => {
    const { page, complaints } = await enter(browser, lab)
    const evil = await listening((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>evil</p>')
    })
    try {
      await page.goto(evil.url)
      const body = JSON.stringify({ what: 'enforce', reason: 'evil' })
      const options = { method: 'POST', mode: 'no-cors', credentials: 'include', body }
      await page.evaluate(`fetch('${lab.api}/v1/admin/pause', ${JSON.stringify(options)})`)
      await page.evaluate(
        `fetch('${lab.api}/v1/console/links', { method: 'POST', mode: 'no-cors',
          credentials: 'include' })`,
      )
      assert.deepEqual(
        complaints.filter((text) => text.startsWith('403')).length,
        2,
        complaints.join('\n'),
      )
      assert.equal((await lab.status())['paused'], null)
    } finally {
      evil.server.close()
    }
  })
})

async function listening(
  answer: Parameters<typeof createServer>[1] & object,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer(answer as never)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}
