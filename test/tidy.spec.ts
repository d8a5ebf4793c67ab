/**
 * The rules of the house as tests: who may import whom, how long things are, and that what is
 * written down (limits, codes) is used, tested and documented. A rule that hurts is changed here,
 * in the open.
 */
import assert from 'node:assert/strict'
import { posix } from 'node:path'
import ts from 'typescript'
import { LIMITS } from '../src/core/limits.js'
import { IGNORE_CODES, INPUT_CODES, REFUSE_CODES, VOID_CODES } from '../src/core/outcome.js'
import { FLOORS, LIBRARIES, partOf, STAR } from './support/star.js'
import {
  codeUnder,
  functionsOf,
  importsOf,
  parse,
  read,
  tracked,
  walk,
  type SourceFile,
} from './support/source-tree.js'

const src = codeUnder('src')
const tests = codeUnder('test')
const scripts = codeUnder('scripts')
const everything = [...src, ...tests, ...scripts]

/** No file breaks a rule; the message names those that do. */
function none(broken: readonly string[]): void {
  assert.deepEqual(broken, [])
}

function matching(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? `${path}:${i + 1}: ${line.trim()}` : [])),
  )
}

const within = (files: readonly SourceFile[], ...folders: readonly string[]): SourceFile[] =>
  files.filter(({ path }) => folders.some((folder) => path.startsWith(folder)))
const outside = (files: readonly SourceFile[], ...folders: readonly string[]): SourceFile[] =>
  files.filter(({ path }) => !folders.some((folder) => path.startsWith(folder)))

describe('tidy: the star', () => {
  it('every part of src imports only what DESIGN.md §2 allows', () => {
    none(
      src.flatMap((file) => {
        const allowed = STAR[partOf(file.path)]
        if (allowed === undefined) return `${file.path}: not a part of the house`
        return importsOf(file)
          .filter((to) => to.startsWith('src/'))
          .filter((to) => partOf(to) !== partOf(file.path) && !allowed.includes(partOf(to)))
          .map((to) => `${file.path} → ${to}`)
      }),
    )
  })

  it('src imports nothing from outside src', () => {
    none(
      src.flatMap((file) =>
        importsOf(file)
          .filter((to) => /^(?:test|scripts|config|\.\.)/.test(to))
          .map((to) => `${file.path} → ${to}`),
      ),
    )
  })

  it('every library stays in its place', () => {
    none(
      src.flatMap(({ path, text }) =>
        importsOf({ path, text })
          .filter((to) => !to.startsWith('src/') && !to.startsWith('node:'))
          .filter((to) => {
            const [, places] = LIBRARIES.find(([name]) => name.test(to)) ?? [undefined, []]
            return !places.some((place) => path.startsWith(place))
          })
          .map((to) => `${path} → ${to}`),
      ),
    )
  })

  it('every library is declared, and the ground floors use no module of Node but crypto', () => {
    const manifest = JSON.parse(read('package.json').text) as {
      dependencies: Record<string, string>
    }
    const packageOf = (to: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(to)![0]
    const foreign = src.flatMap((file) => importsOf(file)).filter((to) => !to.startsWith('src/'))
    none(
      foreign
        .filter((to) => !to.startsWith('node:'))
        .filter((to) => manifest.dependencies[packageOf(to)] === undefined),
    )
    const ground = within(src, ...FLOORS.map((floor) => `src/${floor}/`))
    none(ground.flatMap((file) => importsOf(file)).filter((to) => /^node:(?!crypto$)/.test(to)))
  })

  it('every file of src is reached from the program or a package entry', () => {
    const manifest = JSON.parse(read('package.json').text) as {
      exports: Record<string, { default: string }>
    }
    const entries = Object.values(manifest.exports).map((entry) =>
      entry.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'),
    )
    const reached = new Set([
      ...['src/main.ts', 'src/node.ts', 'src/edge.ts', 'src/console/page/app.tsx'],
      ...entries,
    ])
    for (const path of reached) {
      const file = src.find((one) => one.path === path)
      for (const to of file === undefined ? [] : importsOf(file)) reached.add(to)
    }
    none(src.map(({ path }) => path).filter((path) => !reached.has(path)))
  })

  it('only intake commits', () => {
    none(matching(outside(src, 'src/intake/', 'src/storage/'), /\.commit\(/))
  })

  it('the ground floors take time, chance and bytes as arguments', () => {
    const ground = within(src, ...FLOORS.map((floor) => `src/${floor}/`))
    none(matching(ground, /\bDate\.now\(|\bMath\.random\(|\brandomBytes\(|\bawait |\bprocess\./))
    none(matching(within(src, 'src/core/'), /\.normalize\(|\bnew URL\(/))
  })
})

/** A timer that ends something too slow is fine; one that is waited for is a sleep. */
const SLEEP = /new Promise.*setTimeout\(|await (?:setTimeout|sleep|delay)\(|timers\/promises/

describe('tidy: how code is written', () => {
  it('files have at most 300 lines and functions 50', () => {
    none(
      everything.flatMap(({ path, text }) => {
        const lines = text.trimEnd().split('\n').length
        return lines > 300 ? `${path}: ${lines} lines` : []
      }),
    )
    none(
      [...src, ...scripts]
        .flatMap(functionsOf)
        .flatMap(({ name, lines }) => (lines > 50 ? `${name}: ${lines} lines` : [])),
    )
  })

  it('lines have at most 100 columns', () => {
    none(
      everything.flatMap(({ path, text }) =>
        text.split('\n').flatMap((line, i) => ([...line].length > 100 ? `${path}:${i + 1}` : [])),
      ),
    )
  })

  it('every file says at its top what it is for', () => {
    none(everything.filter(({ text }) => !/^(?:#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path))
  })

  it('no file is named after nothing', () => {
    const nameless = /^(?:utils?|helpers?|types?|common|misc|index)\./
    const entries = ['src/core/index.ts', 'src/replica/index.ts']
    none(
      everything
        .map(({ path }) => path)
        .filter((path) => nameless.test(posix.basename(path)) && !entries.includes(path)),
    )
  })

  it('no default exports, no any, no exit but in main.ts', () => {
    none(matching(src, /^export default\b/))
    none(matching(outside(src, 'src/main.ts'), /\bprocess\.exit\(/))
    const any: string[] = []
    for (const file of src) {
      walk(parse(file), (node) => {
        if (node.kind === ts.SyntaxKind.AnyKeyword) any.push(file.path)
      })
    }
    none(any)
  })

  it('tests are all run, and wait for conditions instead of sleeping', () => {
    none(matching(tests, /\b(?:describe|context|it)\.(?:only|skip)\(|\bthis\.skip\(/))
    // until.ts is the one place that polls.
    none(matching(outside(tests, 'test/tidy', 'test/support/until.ts'), SLEEP))
  })

  it('no file names a place on somebody’s machine', () => {
    const place = new RegExp(`(?<![\\w.])/(?:${['work', 'home'].join('|')})/`)
    none(matching(tracked(), place))
  })
})

describe('tidy: what is written down is true', () => {
  it('every limit is used', () => {
    const rest = outside(src, 'src/core/limits.ts').map(({ text }) => text)
    none(
      Object.keys(LIMITS).filter((name) => !rest.some((text) => text.includes(`LIMITS.${name}`))),
    )
  })

  const codes = Object.assign({}, REFUSE_CODES, IGNORE_CODES, VOID_CODES, INPUT_CODES)

  it('every code is hit by a test', () => {
    const texts = outside(tests, 'test/tidy').map(({ text }) => text)
    none(
      Object.keys(codes).filter((code) => {
        const quoted = new RegExp(`['"\`]${code}(?![\\w-])`)
        return !texts.some((text) => quoted.test(text))
      }),
    )
  })

  it('every code is in src/core/README.md with its text', () => {
    // Prettier pads the cells of a table.
    const rows = new Set(read('src/core/README.md').text.split('\n').map(cellsOf))
    for (const table of [REFUSE_CODES, IGNORE_CODES, VOID_CODES, INPUT_CODES]) {
      none(
        Object.entries(table)
          .map(([code, meaning]) => `\`${code}\`|${meaning}`)
          .filter((row) => !rows.has(row)),
      )
    }
  })
})

function cellsOf(row: string): string {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
    .join('|')
}
