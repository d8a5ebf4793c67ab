/** Every code that src logs is in the table of src/telemetry/README.md with its level; no other. */
import assert from 'node:assert/strict'
import { codeUnder, read } from '../support/source-tree.js'

const CALL = /\blog\??\.(debug|info|warn|error)\(\s*([^\s,)]+)/g
/** What a slow check finds is told by one function. */
const FOUND = /#found\('([a-z-]+)'/g
/** Calls whose code is not written where they are: and which codes they can have. */
const BY_NAME: Readonly<Record<string, readonly string[]>> = {
  'src/intake/scrub.ts': [],
  // Why a node may not speak when it starts.
  'src/node.ts': [
    'clock-wrong',
    'own-head-unasked',
    'own-log-behind',
    'own-log-forked',
    'publish-paused',
  ],
}

function logged(): Map<string, Set<string>> {
  const levels = new Map<string, Set<string>>()
  const add = (code: string, level: string) =>
    levels.set(code, (levels.get(code) ?? new Set()).add(level))
  const named = new Set<string>()
  for (const { path, text } of codeUnder('src')) {
    for (const [, level, code] of text.matchAll(CALL)) {
      const literal = /^'([a-z-]+)'$/.exec(code!)
      if (literal !== null) add(literal[1]!, level!)
      else if (path !== 'src/telemetry/log.ts') {
        named.add(path)
        for (const one of BY_NAME[path] ?? []) add(one, level!)
      }
    }
    for (const [, code] of text.matchAll(FOUND)) add(code!, 'error')
  }
  assert.deepEqual([...named].sort(), Object.keys(BY_NAME).sort())
  return levels
}

describe('telemetry: codes of log lines', () => {
  const rows = read('src/telemetry/README.md')
    .text.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))

  it('are in the table with their levels, each once, and nothing else is', () => {
    const table = rows.map(([, code, levels]) => `${code!.replaceAll('`', '')}: ${levels}`)
    const order = ['debug', 'info', 'warn', 'error']
    const used = [...logged()].map(([code, levels]) => {
      return `${code}: ${order.filter((level) => levels.has(level)).join(', ')}`
    })
    assert.deepEqual(table.sort(), used.sort())
    assert.ok(used.length > 50)
  })

  it('say what they mean and what to do', () => {
    for (const [, code, , meaning, todo] of rows) {
      assert.ok(meaning!.length > 10 && todo!.length > 5, code)
    }
  })
})
