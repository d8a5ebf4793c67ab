/** Starts `bare-server.ts`. */
import { fileURLToPath } from 'node:url'
import { freePort, type Programs } from '../support/programs.js'
import type { Answering } from './answering.js'

const FILE = fileURLToPath(new URL('bare-server.ts', import.meta.url))

/** `list` is a file with a banned address a line. */
export async function startBareServer(
  programs: Programs,
  cwd: string,
  list: string,
): Promise<Answering> {
  const port = await freePort()
  const tsx = fileURLToPath(import.meta.resolve('tsx'))
  await programs.start([process.execPath, '--import', tsx, FILE, list, String(port)], { cwd, port })
  return { address: `http://127.0.0.1:${port}`, key: 'none' }
}
