/** How far long work is: on a terminal, in one line that is taken back. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { FileBytes, fileLines } from '../../src/cli/file-lines.js'
import type { Far } from '../../src/core/work.js'
import { Progress, progressText } from '../../src/cli/progress.js'
import { openApi, OPERATOR_TOKEN } from '../http/api.js'
import { tocsin } from '../support/command.js'
import { until } from '../support/until.js'

const far = (count: number, share: number | undefined, tookMs: number) =>
  progressText({ count, of: 'lines', share, tookMs })

describe('cli: progress', () => {
  it('is a bar with the time left where the whole is known', () => {
    assert.equal(far(500, 0.25, 1_000), '█████░░░░░░░░░░░░░░░  25 %  500 lines, 500/s, 3 s left')
    assert.equal(far(9, 1, 3_000), '████████████████████ 100 %  9 lines, 3/s, 0 s left')
    assert.match(far(1, 0.5, 300_000), /, 5 min 0 s left$/)
    assert.match(far(1, 0.02, 300_000), /, 4 h 5 min left$/)
    assert.doesNotMatch(far(1, 0.001, 5), /left/)
    assert.match(far(1, 1.5, 5), /^█{20} 100 %/)
  })

  it('is a count and a rate where it is not', () => {
    assert.equal(far(1_000, undefined, 2_000), '1000 lines, 500/s')
  })

  it('knows how much of a file was read, and nothing of stdin', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-progress-'))
    const path = join(folder, 'lines.txt')
    await writeFile(path, 'one line\n'.repeat(30_000))
    const bytes = new FileBytes(path, Readable.from([]))
    assert.equal(bytes.share(), 0)
    const shares: number[] = []
    for await (const { number } of fileLines(bytes)) {
      if (number % 10_000 === 1) shares.push(bytes.share()!)
    }
    assert.ok(shares[0]! > 0 && shares[0]! < 0.5 && shares.length === 3, shares.join())
    assert.equal(bytes.share(), 1)
    assert.equal(new FileBytes('-', Readable.from([])).share(), undefined)
    assert.equal(new FileBytes(join(folder, 'none'), Readable.from([])).share(), undefined)
    await rm(folder, { recursive: true })
  })

  it('says how long work takes that says nothing itself, and takes its line back', async () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 40 })
    const written = () => String(stream.read() ?? '')
    let shown = ''
    let finish: (value: string) => void = () => undefined
    const work = new Promise<string>((resolve) => (finish = resolve))
    const done = new Progress(stream, { of: 'verify' }).during(work)
    await until(() => (shown += written()).includes('verify … 1 s'))
    finish('whole')
    assert.equal(await done, 'whole')
    assert.match(shown + written(), /\r\x1b\[K$/)
  })

  it('asks how far such work is, where that can be said', async () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100 })
    const written = () => String(stream.read() ?? '')
    let shown = ''
    let finish: () => void = () => undefined
    const work = new Promise<void>((resolve) => (finish = resolve))
    const states: Far[] = [{ rows: 7 }, { rows: 50, of: 200 }]
    const far = () => Promise.resolve(states.length > 1 ? states.shift() : states[0])
    const done = new Progress(stream, { of: 'backup' }).during(work, far)
    await until(() => (shown += written()).includes('25 %'))
    assert.match(shown, /\rbackup 7 rows, \d+\/s\x1b\[K/)
    assert.match(shown, /\rbackup █{5}░{15}  25 %  50 rows, \d+\/s, \d+ s left\x1b\[K/)
    finish()
    await done
  })

  it('shows on a terminal and not in a pipe', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-progress-'))
    const api = await openApi()
    await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
    await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
    const value = (_: unknown, i: number) => `203.0.${i >> 8}.${i & 255}\n`
    await writeFile(join(folder, 'f.txt'), Array.from({ length: 8_000 }, value).join(''))
    const file = ['--data', folder, 'report', '--file', join(folder, 'f.txt'), '--type', 'ip']
    const ran = await tocsin(file, { terminal: 100 })
    assert.match(ran.out, /^accepted 8000,/)
    assert.match(ran.err, /\r█+░* +\d+ % {2}\d+ lines, \d+\/s(?:, \d+ s left)?\x1b\[K/)
    const piped = await tocsin(file)
    assert.equal(piped.err, '')
    await api.stop()
    await rm(folder, { recursive: true })
  })
})
