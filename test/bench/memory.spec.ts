/** The short form of `npm run bench memory`. */
import assert from 'node:assert/strict'
import { benchMemory } from './memory.js'

describe('bench: memory', () => {
  it('an indicator costs the index little, and a map much more', async () => {
    const figures = await benchMemory(60_000, false)
    const told = JSON.stringify(figures)
    assert.ok(Number(figures['indexBytesEach']) <= 100, told)
    assert.ok(Number(figures['indexBytesEach']) * 2 < Number(figures['mapBytesEach']), told)
  }).timeout(120_000)
})
