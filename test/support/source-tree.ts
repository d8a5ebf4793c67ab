/** The project's own files as text and syntax trees, for the tests that read the source. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface SourceFile {
  /** From the project's folder, with slashes. */
  readonly path: string
  readonly text: string
}

const CODE = /\.(?:tsx?|mjs|cjs|js)$/

/** Code files under a folder, in the order of their paths. */
export function codeUnder(folder: string): SourceFile[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => CODE.test(path))
    .sort()
    .map(read)
}

export function read(path: string): SourceFile {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') }
}

/** Every file that is or will be committed, but for binary ones. */
export function tracked(): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return listed
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)))
    .map(read)
    .filter(({ text }) => !text.includes('\0'))
}

export function parse({ path, text }: SourceFile): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** What a file imports, statically or not: packages as written, own files as paths. */
export function importsOf(file: SourceFile): string[] {
  const found: string[] = []
  walk(parse(file), (node) => {
    const from =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined
    if (from === undefined || !ts.isStringLiteral(from)) return
    found.push(from.text.startsWith('.') ? resolve(file.path, from.text) : from.text)
  })
  return found
}

function resolve(path: string, specifier: string): string {
  const source = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
  return !existsSync(join(ROOT, source)) && existsSync(join(ROOT, `${source}x`))
    ? `${source}x`
    : source
}

/** Named functions, methods and arrows with their length in lines. */
export function functionsOf(file: SourceFile): { readonly name: string; readonly lines: number }[] {
  const tree = parse(file)
  const found: { name: string; lines: number }[] = []
  walk(tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return
    const line = (at: number): number => tree.getLineAndCharacterOfPosition(at).line
    const lines = line(node.end) - line(node.getStart(tree)) + 1
    found.push({ name: `${file.path}:${line(node.getStart(tree)) + 1}`, lines })
  })
  return found
}
