/** Every error a command can meet says what to do next. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ADVICE, adviceOn, SELF_EVIDENT } from '../../src/cli/advice.js'
import { INPUT_CODES } from '../../src/core/outcome.js'
import { PROBLEM_CODES } from '../../src/http/problems.js'
import { openApi, OPERATOR_TOKEN, type Api } from '../http/api.js'
import { tocsin } from '../support/command.js'
import { codeUnder } from '../support/source-tree.js'

/** Codes written where a command or a start ends: `new Failure('code', …)` and their like. */
const THROWN = /new (?:Failure|StartError|StoreError)\(\s*'([a-z-]+)'|code(?: =|:) '([a-z-]+)'/g

function codesOfCommands(): Set<string> {
  const roots = /^src\/(?:cli|federation|storage)\/|^src\/[a-z-]+\.ts$/
  const files = codeUnder('src').filter(({ path }) => roots.test(path))
  const thrown = files.flatMap(({ text }) => [...text.matchAll(THROWN)].map((m) => m[1] ?? m[2]!))
  return new Set([...thrown, ...PROBLEM_CODES, ...Object.keys(INPUT_CODES)])
}

describe('cli: advice', () => {
  it('is there for every code, or its text says it already, and never both', () => {
    const codes = codesOfCommands()
    assert.ok(codes.size > 100)
    const bare = [...codes].filter(
      (code) => adviceOn(code) === undefined && !SELF_EVIDENT.has(code),
    )
    assert.deepEqual(bare, [])
    assert.deepEqual(
      [...SELF_EVIDENT].filter((code) => adviceOn(code) !== undefined),
      [],
    )
    const rest = codeUnder('src').filter(({ path }) => path !== 'src/cli/advice.ts')
    const isWritten = (code: string) =>
      rest.some(({ text }) => new RegExp(`(?:'|\\b)${code}(?:'|:)`).test(text))
    const unknown = [...Object.keys(ADVICE), ...SELF_EVIDENT].filter((code) => !isWritten(code))
    assert.deepEqual(unknown, [], 'no code of ours')
  })

  it('is a line', () => {
    for (const [code, text] of Object.entries(ADVICE)) {
      assert.ok(text.length > 5 && text.length < 190 && !text.includes('\n'), code)
    }
  })

  describe('on stderr', () => {
    let folder: string
    let api: Api
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tocsin-advice-'))
      api = await openApi()
      await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
      await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
    })
    after(async () => {
      await api.stop()
      await rm(folder, { recursive: true, force: true })
    })

    it('follows the error, once for each code', async () => {
      const shown = await tocsin(['--data', folder, 'members', 'show', 'Lab X'])
      const wanted = /^tocsin: member-unknown: no such member\n {2}→ tocsin members list\n$/
      assert.match(shown.err, wanted)
      const input = '1.2.3.0/33x\nip\nip\n'
      const many = await tocsin(['--data', folder, 'check', '--file', '-'], { input })
      assert.equal(many.err.match(/line-malformed/g)?.length, 3)
      assert.equal(many.err.match(/→/g)?.length, 1)
      const none = await tocsin(['--data', join(folder, 'none'), 'status'])
      assert.deepEqual([none.code, /→ start one: tocsin start/.test(none.err)], [3, true])
      const usage = await tocsin(['--data', folder, 'report', 'ip'])
      assert.deepEqual([usage.code, usage.err.includes('→')], [2, false])
    })
  })
})
