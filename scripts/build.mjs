/**
 * Builds `dist` where it is missing or older than what it is made from; `prepare` and the program's
 * start script both ask for it. Several starts from one checkout are safe: one builds under a lock
 * file and the others wait. Nodes run from `dist` meanwhile, so files are replaced one by one by
 * renaming and `dist` is never emptied. Where there are no sources (the packed package) it does
 * nothing. Speaks on stderr only: stdout belongs to the program.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const DIST = join(ROOT, 'dist')
/** When the build that made `dist` began: what changed during it is newer. */
const STAMP = join(DIST, '.built')
const LOCK = join(ROOT, '.cache', 'build.lock')
/**
 * A build takes some ten seconds; a lock this old is left over, whoever has its process id by now.
 */
const LOCK_MS_MAX = 10 * 60_000
const WAIT_MS = 100

export async function ensureBuilt() {
  if (!existsSync(join(ROOT, 'src')) || (await isFresh())) return
  const compiler = await loadCompiler()
  if (compiler === undefined) return
  const unlock = await lock()
  try {
    if (!(await isFresh())) await build(compiler)
  } finally {
    await unlock()
  }
}

async function isFresh() {
  const builtMs = Number(await readFile(STAMP, 'utf8').catch(() => '0'))
  return builtMs > 0 && builtMs > (await newestSourceMs())
}

/** Folders count too: their time changes where a file is removed. */
async function newestSourceMs() {
  const under = await readdir(join(ROOT, 'src'), { recursive: true })
  const paths = ['tsconfig.json', 'package.json', 'src', ...under.map((path) => join('src', path))]
  // A file that vanishes between the two reads has changed its folder's time.
  const times = paths.map((path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs)
  return Math.max(...times.map((time) => time ?? 0))
}

/** A production install has no compiler: what is built is used as it is. */
async function loadCompiler() {
  try {
    return (await import('typescript')).default
  } catch {
    if (existsSync(join(DIST, 'main.js'))) return undefined
    throw new Error('there is no dist and no compiler to make it: run npm ci with dev dependencies')
  }
}

async function build(ts) {
  process.stderr.write('building …\n')
  const startedMs = Date.now()
  const outputs = compile(ts)
  for (const [path, text] of outputs) await replace(path, text)
  await replace(STAMP, String(startedMs))
  process.stderr.write(`built in ${((Date.now() - startedMs) / 1_000).toFixed(1)} s\n`)
}

/** The program, and what a browser runs, which knows other things by name. */
const PROJECTS = ['tsconfig.json', 'src/console/page/tsconfig.json']
/** Files that are in `dist` as they are. */
const AS_THEY_ARE = /\.(?:css|svg)$/

/** All or nothing: files are collected in memory and written only where no error was found. */
function compile(ts) {
  const outputs = new Map()
  for (const path of PROJECTS) compileProject(ts, join(ROOT, path), outputs)
  for (const path of readdirSync(join(ROOT, 'src'), { recursive: true })) {
    if (!AS_THEY_ARE.test(path)) continue
    outputs.set(join(DIST, path), readFileSync(join(ROOT, 'src', path), 'utf8'))
  }
  return outputs
}

function compileProject(ts, path, outputs) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (d) => fail(ts, [d]) }
  const config = ts.getParsedCommandLineOfConfigFile(path, {}, host)
  const program = ts.createProgram(config.fileNames, config.options)
  const emitted = program.emit(undefined, (file, text) => outputs.set(resolve(file), text))
  fail(ts, [...config.errors, ...ts.getPreEmitDiagnostics(program), ...emitted.diagnostics])
}

function fail(ts, diagnostics) {
  if (diagnostics.length === 0) return
  const host = {
    getCurrentDirectory: () => ROOT,
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  }
  throw new Error(`the build failed\n${ts.formatDiagnostics(diagnostics, host)}`)
}

async function replace(path, text) {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}`
  await writeFile(draft, text)
  await rename(draft, path)
}

/**
 * Waits for the lock and answers how to give it back. A lock whose process is gone is taken over.
 * Should two waiters take over at once both build, which costs time and nothing else: they write
 * the same.
 */
async function lock() {
  await mkdir(dirname(LOCK), { recursive: true })
  const mine = JSON.stringify({ pid: process.pid, atMs: Date.now() })
  const draft = `${LOCK}.${process.pid}`
  await writeFile(draft, mine)
  try {
    // `link` makes the lock with its content at once, so nobody reads an empty one.
    while (!(await succeeds(link(draft, LOCK)))) {
      const held = await readFile(LOCK, 'utf8').catch(() => undefined)
      if (held !== undefined && isLeftOver(held)) await rm(LOCK, { force: true })
      else if (held !== undefined) await sleep(WAIT_MS)
    }
  } finally {
    await rm(draft, { force: true })
  }
  return async () => {
    if ((await readFile(LOCK, 'utf8').catch(() => '')) === mine) await rm(LOCK, { force: true })
  }
}

async function succeeds(linking) {
  try {
    await linking
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isLeftOver(content) {
  let holder
  try {
    holder = JSON.parse(content)
    process.kill(holder.pid, 0)
  } catch (error) {
    // Not ours to signal is alive; gone, or not a lock at all, is not.
    if (error.code !== 'EPERM') return true
  }
  return !(Date.now() - holder.atMs < LOCK_MS_MAX)
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await ensureBuilt()
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
