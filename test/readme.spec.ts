/**
 * What the README says is true: its first mesh is typed as it stands, and every command and option
 * that it names exists.
 */
import assert from 'node:assert/strict'
import { commandsUnder, optionsOf } from './support/command-tree.js'
import { listens } from './support/programs.js'
import { blocksOf, differences, readmeText, stepsOf, type Step } from './support/readme.js'
import { read } from './support/source-tree.js'
import { typeInto } from './support/typed-steps.js'

const TESTED = 'sh test'
const MS_MAX = 150_000

const readme = readmeText()
const blocks = blocksOf(readme)

describe('readme: the first mesh by hand', function () {
  this.timeout(MS_MAX + 10_000)

  it('does and prints what it says', async () => {
    const steps = blocks.filter(({ info }) => info === TESTED).flatMap(stepsOf)
    assert.ok(steps.length > 10)
    await areFree(steps)
    const { came, failed } = await typeInto(steps, MS_MAX)
    const wrong = came.flatMap((text, i) => differences(steps[i]!, text))
    if (failed !== undefined) wrong.push(`${told(steps[came.length]!)}\n${failed}`)
    assert.equal(wrong.join('\n'), '')
  })

  it('a line that is another, one too few and one too many are told', () => {
    const step = { line: 1, typed: ['x'], expected: ['a … c', '…', 'end'] }
    assert.deepEqual(differences(step, 'a  b   c\nmore\nend\n'), [])
    assert.match(differences(step, 'a b d\nend')[0]!, /:2\n {2}expected: a … c\n {2}came: +a b d/)
    assert.match(differences(step, 'a b c\n')[0]!, /expected: end\n {2}came: +nothing more/)
    assert.match(differences(step, 'a b c\nend\nmore')[0]!, /more came: more/)
  })
})

/** Its ports are fixed. Another node of that walk would answer in place of this one. */
async function areFree(steps: readonly Step[]): Promise<void> {
  const text = steps.flatMap(({ typed }) => typed).join('\n')
  const ports = new Set([...text.matchAll(/(?::|\/tcp\/)(\d{4,5})\b/g)].map(([, port]) => port))
  assert.equal(ports.size, 6)
  for (const port of ports) assert.ok(!(await listens(Number(port))), `port ${port} is taken`)
}

function told({ line, typed }: Step): string {
  return `README.md:${line} ended badly:\n${typed.join('\n')}`
}

describe('readme: what it names exists', () => {
  it('commands and their options', async () => {
    const [globals, commands] = [await optionsOf([]), await commandsUnder([])]
    const named = commandLines(commands)
    assert.ok(named.length > 50)
    const wrong: string[] = []
    for (const words of named) {
      const path = await pathOf(words)
      const options =
        path.length === 0 || (await misses(path, words)) ? undefined : await optionsOf(path)
      const unknown = words
        .filter((word) => word.startsWith('--'))
        .map((word) => word.replace(/[=.,|].*/, ''))
        .filter((word) => options?.has(word) !== true && globals?.has(word) !== true)
      if (options === undefined || unknown.length > 0) {
        wrong.push(`tocsin ${words.join(' ')}: ${unknown.join(' ') || 'no such command'}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('scripts of the package', () => {
    const { scripts } = JSON.parse(read('package.json').text) as { scripts: object }
    const named = [...readme.matchAll(/npm (?:run ([\w-]+)|(start|test)\b)/g)]
    assert.ok(named.length > 3)
    for (const [, run, own] of named) assert.ok((run ?? own)! in scripts, run ?? own)
  })
})

/** Words after `tocsin`, in blocks and in code within the text; there the word may be left out. */
function commandLines(commands: ReadonlySet<string>): string[][] {
  const lines = blocks
    .filter(({ info }) => info === '' || info.startsWith('sh'))
    .flatMap(({ lines }) => lines.filter((line) => !line.startsWith('#')))
    .map((line) => line.replace(/ # .*/, ''))
    .flatMap((line) => line.split(/\$\(|&&|;|\|/))
    .flatMap((line) => /(?:^|\s|")(?:npx )?tocsin ([^)]*)/.exec(line)?.[1] ?? [])
  const prose = readme.replace(/```[^]*?```/g, '')
  const spans = [...prose.matchAll(/`([^`]+)`/g)]
    .map(([, code]) => code!.replace(/\s+/g, ' '))
    .filter((code) => code.startsWith('tocsin ') || commands.has(code.split(' ')[0]!))
    .map((code) => code.replace(/^tocsin /, ''))
  return [...lines, ...spans].map((line) => line.trim().split(/\s+/))
}

/** Whether a word stands where a command below this one should. */
async function misses(path: readonly string[], words: readonly string[]): Promise<boolean> {
  const next = words[words.indexOf(path.at(-1)!) + 1]
  return (await commandsUnder(path)).size > 0 && next !== undefined && /^[a-z]/.test(next)
}

/** The command that is meant, without what is given to it. */
async function pathOf(words: readonly string[]): Promise<string[]> {
  const rest = words.filter((word, i) => word !== '--data' && words[i - 1] !== '--data')
  const path: string[] = []
  for (const word of rest) {
    if (!(await commandsUnder(path)).has(word)) break
    path.push(word)
  }
  return path
}
