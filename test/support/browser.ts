/**
 * A real Chromium before a real node's console. Whatever a page complains of (errors, requests that
 * fail, answers that are refused) is kept, and fails the test that does not expect it. Pictures are
 * left in `.cache/console`.
 */
import { mkdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { foreign, foreignEnv, UNPACKED } from './foreign.js'
import { ROOT } from './source-tree.js'

const PICTURES = join(ROOT, '.cache', 'console')
/** The package's own start script looks for the program at its place in the system. */
const PLACES = ['/usr/lib/chromium', join(UNPACKED, 'usr/lib/chromium')]

export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  readonly complaints: string[]
}

export async function openBrowser(): Promise<Browser> {
  await foreign('chromium-headless-shell')
  await mkdir(PICTURES, { recursive: true })
  const found = PLACES.map((place) => join(place, 'chromium-headless-shell')).find(existsSync)
  if (found === undefined) throw new Error('run scripts/interop-setup chromium-headless-shell')
  const { LD_LIBRARY_PATH = '', ...env } = foreignEnv()
  // One of its libraries looks for a part of its own beside others.
  const sound = LD_LIBRARY_PATH.split(':').map((folder) => join(folder, 'pulseaudio'))
  const libraries = [LD_LIBRARY_PATH, ...sound].join(':')
  return chromium.launch({
    executablePath: found,
    // Its own sandbox is not to be had as root; it visits nothing but our nodes.
    args: ['--no-sandbox'],
    env: { ...(env as Record<string, string>), LD_LIBRARY_PATH: libraries },
  })
}

/** A page of its own, that nobody has let in. */
export async function stranger(browser: Browser): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (said) => {
    if (['error', 'warning'].includes(said.type())) complaints.push(said.text())
  })
  page.on('response', (answer) => {
    if (answer.status() >= 400) complaints.push(`${answer.status()} ${answer.url()}`)
  })
  return { context, page, complaints }
}

/** One that the operator's link has let in. */
export async function enter(browser: Browser, lab: LabProcess): Promise<Visit> {
  const visit = await stranger(browser)
  await visit.page.goto(await linkOf(lab))
  await visit.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  return visit
}

export async function linkOf(lab: LabProcess): Promise<string> {
  const { body } = await lab.request('POST', '/v1/console/links')
  return lab.api + String(body['path'])
}

/** Goes to a page of the console by its address. */
export async function go({ page }: Visit, lab: LabProcess, address: string): Promise<void> {
  await page.goto(`${lab.api}/#/${address}`)
  await page.locator('.waiting').waitFor({ state: 'detached' })
}

export async function picture({ page }: Visit, name: string): Promise<void> {
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true })
}
