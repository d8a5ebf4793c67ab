#!/usr/bin/env node
/**
 * `node scripts/unicode-data.mjs`: writes src/core/unicode-classes.ts and unicode-folds.ts, the
 * Unicode data that prompts are made canonical with. Made once, from the ICU of the Node that runs
 * it, and then frozen: two nodes with different runtimes must come to the same tokens. Another
 * version of it is another `tocsin-c14n`.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const LAST = 0x10ffff
const IGNORED = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
const MARKS = /\p{M}/gu
const isHangul = (cp) => cp >= 0xac00 && cp <= 0xd7a3
const isLone = (cp) => cp >= 0xd800 && cp <= 0xdfff

/** NFKC, no ignorables, lower case, NFKD without marks; Hangul syllables stay whole. */
function foldOf(cp) {
  const text = String.fromCodePoint(cp).normalize('NFKC').replace(IGNORED, '').toLowerCase()
  return [...text]
    .map((one) => (isHangul(one.codePointAt(0)) ? one : one.normalize('NFKD')))
    .join('')
    .replace(MARKS, '')
}

const CLASSES = [
  [
    'SINGLES',
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]$/u,
    /^\p{L}$/u,
  ],
  ['LETTERS', /^\p{L}$/u, /^\p{L}$/u],
  ['DIGITS', /^\p{Nd}$/u, /^\p{Nd}$/u],
]

const ranges = { SINGLES: [], LETTERS: [], DIGITS: [], DROPS: [] }

function note(name, cp) {
  const last = ranges[name].at(-1)
  if (last !== undefined && last[1] === cp - 1) last[1] = cp
  else ranges[name].push([cp, cp])
}

const folds = []
for (let cp = 0x80; cp <= LAST; cp++) {
  if (isLone(cp)) continue
  const text = String.fromCodePoint(cp)
  const name = CLASSES.find(([, one, two]) => one.test(text) && two.test(text))?.[0]
  if (name !== undefined) note(name, cp)
  const fold = foldOf(cp)
  if (fold === '') note('DROPS', cp)
  else if (fold !== text) folds.push([cp, fold])
}

/** Neighbours whose folds are neighbours, too, each or every second, are one run. */
function runsOf(all) {
  const runs = []
  const rest = []
  for (let i = 0; i < all.length;) {
    const [cp, fold] = all[i]
    const target = [...fold].length === 1 ? fold.codePointAt(0) : -1
    let best = 1
    let bestStep = 1
    for (const step of target < 0 ? [] : [1, 2]) {
      let count = 1
      while (
        all[i + count]?.[0] === cp + count * step &&
        all[i + count][1] === String.fromCodePoint(target + count * step)
      ) {
        count++
      }
      if (count > best) [best, bestStep] = [count, step]
    }
    if (best > 1) runs.push([cp, best, bestStep, target])
    else rest.push(all[i])
    i += best
  }
  return { runs, rest }
}

const base = (number) => number.toString(36)
const { runs, rest } = runsOf(folds)
let at = 0
const delta = (cp) => {
  const text = base(cp - at)
  at = cp
  return text
}
const restart = (made) => {
  at = 0
  return made()
}
/** What is no letter, digit or sign of an address only parts words: as a tilde. */
const shown = (fold) =>
  [...fold].map((one) => (/[\p{L}\p{Nd}@./:%+_-]/u.test(one) ? one : '~')).join('')
const words = {
  ...Object.fromEntries(
    Object.entries(ranges).map(([name, all]) => [
      name,
      restart(() => all.map(([from, to]) => `${delta(from)}.${base(to - from)}`)),
    ]),
  ),
  RUNS: restart(() =>
    runs.map(([cp, count, step, to]) => `${delta(cp)}.${base(count)}.${step}.${base(to)}`),
  ),
  FOLDS: restart(() => rest.map(([cp, fold]) => `${delta(cp)}:${shown(fold)}`)),
}

function constantOf([name, list]) {
  const lines = ['']
  for (const word of list) {
    const line = `${lines.at(-1)}${lines.at(-1) === '' ? '' : ' '}${word}`
    if (line.length > 92) lines.push(word)
    else lines[lines.length - 1] = line
  }
  const rows = lines.map((line) => `  '${line}',`).join('\n')
  return `export const ${name} = [\n${rows}\n].join(' ')\n`
}

const head = `/**
 * Unicode ${process.versions.unicode}, as far as prompts are made canonical with it. Made by
 * scripts/unicode-data.mjs and frozen: another version would split the federation. Numbers are of
 * base 36, places are told by their distance from the one before.
 */
`
const { FOLDS, ...classes } = words
for (const [name, tables] of [
  ['classes', classes],
  ['folds', { FOLDS }],
]) {
  const file = fileURLToPath(new URL(`../src/core/unicode-${name}.ts`, import.meta.url))
  const version = `export const UNICODE_VERSION = '${process.versions.unicode}'\n`
  const parts = [
    head,
    ...(name === 'classes' ? [version] : []),
    ...Object.entries(tables).map(constantOf),
  ]
  writeFileSync(file, parts.join('\n'))
}
process.stdout.write(`${runs.length} runs, ${rest.length} folds, ${ranges.LETTERS.length} ranges\n`)
