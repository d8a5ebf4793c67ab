/**
 * The command line: which commands there are, how their failures become exit codes. A command's
 * words are in its own file; this one holds no rule but those of usage.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { allowCommands } from './allow.js'
import { backupCommands } from './backup.js'
import { checkCommand } from './check.js'
import { consoleCommand } from './console.js'
import { checkoutCommands } from './checkout-runs.js'
import { demoCommand } from './demo-command.js'
import { doctorCommand } from './doctor.js'
import { edgeCommand } from './edge.js'
import { explainCommand } from './explain.js'
import { exportCommand } from './export.js'
import { federationCommands } from './federation.js'
import { ledgerCommand } from './ledger.js'
import { Failure } from './failure.js'
import { idCommand } from './id.js'
import { importCommand } from './import.js'
import { integrateCommand } from './integrate.js'
import { logCommand } from './log.js'
import { maintenanceCommands } from './maintenance.js'
import { memberCommands } from './members.js'
import { opinionCommands } from './opinion.js'
import { pauseCommands } from './pause.js'
import { policyCommands } from './policy.js'
import { probeCommand } from './probe.js'
import { reportCommands } from './report.js'
import { revokeCommand } from './revoke.js'
import { Shell, type GlobalOptions, type Streams } from './shell.js'
import { completionCommand } from './completion.js'
import { detectCommand } from './detect.js'
import { sketchCommand } from './sketch.js'
import { startCommand } from './start.js'
import { statusCommands } from './status.js'
import { tokenCommands } from './tokens.js'

export function versionOf(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const SUCCESSES = new Set(['commander.helpDisplayed', 'commander.version'])

function processStreams(): Streams {
  const { stdin, stdout, stderr, env } = process
  return { stdin, stdout, stderr, env, cwd: process.cwd() }
}

/** All commands, and the shell they share. */
export function programOn(streams: Streams = processStreams()): {
  readonly program: Command
  readonly shell: Shell
} {
  const program = new Command('tocsin')
  const shell = new Shell(streams, () => program.opts<GlobalOptions>())
  describe(program, shell)
  return { program, shell }
}

/** Runs one command line; answers its exit code. Never throws. */
export async function run(
  argv: readonly string[],
  streams: Streams = processStreams(),
): Promise<number> {
  const { program, shell } = programOn(streams)
  // `tocsin export | head` is no fault of ours.
  streams.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return SUCCESSES.has(error.code) ? 0 : 2
    shell.fail(failureOf(error))
  } finally {
    shell.close()
  }
  return shell.exit
}

function describe(program: Command, shell: Shell): void {
  program
    .description('Labs warn each other of adversarial distillation: one node beside each API.')
    .version(versionOf(), '-V, --version')
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError('(tocsin --help, or tocsin COMMAND --help)')
    .configureOutput({
      writeOut: (text) => void shell.streams.stdout.write(text),
      writeErr: (text) => void shell.streams.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'tocsin: usage: ')),
    })
  for (const [flags, text] of GLOBALS) program.option(flags, text)
  for (const commands of COMMANDS) commands(program, shell)
  for (const command of program.commands) takeGlobals(command, program)
}

const GLOBALS = [
  ['--data <dir>', 'data folder of the node (default ./data; TOCSIN_DATA)'],
  ['--config <file>', 'settings file (default config/tocsin.yaml; TOCSIN_CONFIG)'],
  ['--url <url>', 'ask the node at this address instead (TOCSIN_URL)'],
  ['--token <token>', 'with --url: token of the API (TOCSIN_TOKEN)'],
  ['--json', 'print the API’s answers unchanged'],
  ['--yes', 'answer every question with yes'],
] as const

/**
 * Lets the global options stand after a command, too; but for one of the same name that means
 * something else there, like `revoke --token`.
 */
function takeGlobals(command: Command, program: Command): void {
  for (const [flags, text] of GLOBALS) {
    const option = new Option(flags, text).hideHelp()
    if (command.options.some(({ long }) => long === option.long)) continue
    command.addOption(option)
    command.on(`option:${option.name()}`, (value?: string) => {
      program.setOptionValue(option.attributeName(), value ?? true)
      // A switch is read from the program alone: what a command sends on must not hold it.
      if (option.isBoolean()) command.setOptionValue(option.attributeName(), undefined)
    })
  }
  for (const sub of command.commands) takeGlobals(sub, program)
}

const COMMANDS: readonly ((program: Command, shell: Shell) => void)[] = [
  (program, shell) => startCommand(program, shell, versionOf()),
  (program, shell) => edgeCommand(program, shell, versionOf()),
  idCommand,
  federationCommands,
  memberCommands,
  reportCommands,
  revokeCommand,
  opinionCommands,
  sketchCommand,
  detectCommand,
  checkCommand,
  explainCommand,
  allowCommands,
  statusCommands,
  logCommand,
  consoleCommand,
  doctorCommand,
  policyCommands,
  pauseCommands,
  tokenCommands,
  exportCommand,
  importCommand,
  ledgerCommand,
  integrateCommand,
  probeCommand,
  maintenanceCommands,
  backupCommands,
  demoCommand,
  checkoutCommands,
  completionCommand,
]

/** Errors with a code keep it; one without is a bug, told in a line and not in a stack. */
function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  const { code, message } = error as NodeJS.ErrnoException
  return new Failure(typeof code === 'string' ? code : 'internal', message)
}
