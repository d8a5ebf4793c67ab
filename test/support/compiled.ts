/**
 * Makes a program of the tests ready to be started hundreds of times: the entry and every own file
 * it imports as plain JavaScript, types dropped and not checked. A child that is killed at once
 * must not spend its life on being translated.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { importsOf, read, ROOT } from './source-tree.js'

export interface Compiled {
  /** Path of the entry to run with plain `node`. */
  readonly entry: string
  remove(): Promise<void>
}

/** `entry` is a path from the project's folder. */
export async function compiled(entry: string): Promise<Compiled> {
  // Inside the project, so that packages are found; the folder is ignored by git.
  await mkdir(join(ROOT, '.cache'), { recursive: true })
  const folder = await mkdtemp(join(ROOT, '.cache', 'soak-'))
  const reached = new Set([entry])
  for (const path of reached) {
    const file = read(path)
    for (const to of importsOf(file)) if (/^(?:src|test)\//.test(to)) reached.add(to)
    const { outputText } = ts.transpileModule(file.text, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
      },
    })
    const target = join(folder, path.replace(/\.ts$/, '.js'))
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, outputText)
  }
  return {
    entry: join(folder, entry.replace(/\.ts$/, '.js')),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
