/** The short form of `npm run bench sketch`: costs as ratios; recall where there are prompts. */
import assert from 'node:assert/strict'
import { costOf } from './sketch.js'
import { promptsIn, recallOf } from './sketch-recall.js'

const folder = process.env['TOCSIN_PROMPTS']
const seed = Number(process.env['SEED'] ?? 20261125)

describe(`bench: sketch (SEED=${seed})`, function () {
  this.timeout(120_000)

  it('many sketches cost hardly more than a few, and ten megabytes little more than a page', () => {
    const few = costOf({ seed, sketches: 100, prompts: 400 })
    const many = costOf({ seed, sketches: 20_000, prompts: 400 })
    const told = JSON.stringify({ few, many })
    assert.ok(Number(many['p50Ms']) < 2 * Number(few['p50Ms']), told)
    assert.ok(Number(many['tenMegabytesMs']) < 100 * Number(many['p50Ms']), told)
    assert.ok(Number(many['bytesPerSketch']) < 1_000, told)
    assert.equal(many['falselyActing'], 0)
  })

  if (folder === undefined) return
  it('campaigns are known again, and no ordinary prompt is taken for one', async () => {
    const { campaigns, benign } = await promptsIn(folder, 1)
    const { rows, ...counts } = recallOf(campaigns, benign, seed)
    console.table(rows)
    const act = new Map(rows.map((row) => [row.edit, parseFloat(row.act)]))
    const told = JSON.stringify({ ...counts, rows })
    assert.ok(act.get('slot')! >= 98 && act.get('obfuscated')! >= 98, told)
    assert.ok(act.get('light')! >= 96 && act.get('moderate')! >= 88, told)
    assert.equal(counts.benignActing, 0, told)
    assert.ok(counts.eligible >= 10, told)
  })
})
