/** Which commands and options there are, as the program's own help tells. */
import { tocsin } from './command.js'

/** Undefined where there is no such command. */
export async function optionsOf(path: readonly string[]): Promise<Set<string> | undefined> {
  const { code, out } = await tocsin([...path, '--help'])
  const usage = `Usage: tocsin ${path.join(' ')}`.trim()
  if (code !== 0 || !new RegExp(`^${usage}(?: |$)`, 'm').test(out)) return undefined
  return new Set(out.match(/^ {2}(?:-\w, )?--[\w-]+/gm)?.map((flags) => /--[\w-]+/.exec(flags)![0]))
}

/** The names of what is below a command. */
export async function commandsUnder(path: readonly string[]): Promise<Set<string>> {
  const { out } = await tocsin([...path, '--help'])
  const listed = out.split('\nCommands:\n')[1] ?? ''
  return new Set(listed.match(/^ {2}[a-z-]+/gm)?.map((name) => name.trim()))
}
