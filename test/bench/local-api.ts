/**
 * CrowdSec's Local API, the Debian package, in a folder of its own: SQLite with a write-ahead log,
 * no agent, nothing of the outside. The peer that look-ups are measured beside.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { foreign, runForeign, UNPACKED } from '../support/foreign.js'
import { freePort, type Programs } from '../support/programs.js'
import type { Answering } from './answering.js'

/** Starts one that has decided to ban each of `addresses`. */
export async function startLocalApi(
  folder: string,
  programs: Programs,
  addresses: readonly string[],
): Promise<Answering> {
  await foreign('crowdsec', 'cscli')
  const port = await freePort()
  const config = await configure(folder, port)
  const cscli = (...args: readonly string[]) =>
    runForeign('cscli', ['-c', config, ...args], '', { timeout: 300_000, maxBuffer: 64 << 20 })
  await cscli('machines', 'add', '--auto', '--force', '-f', join(folder, 'credentials.yaml'))
  const key = (await cscli('bouncers', 'add', 'bench', '-o', 'raw')).trim()
  await programs.start(['crowdsec', '-c', config, '-no-cs'], { cwd: folder, port })
  const list = join(folder, 'decisions.csv')
  const lines = addresses.map((address) => `167h,Ip,${address}`)
  await writeFile(list, ['duration,scope,value', ...lines, ''].join('\n'))
  await cscli('decisions', 'import', '-i', list)
  return { address: `http://127.0.0.1:${port}`, key }
}

async function configure(folder: string, port: number): Promise<string> {
  for (const name of ['data', 'hub', 'notifications', 'plugins']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'hub', '.index.json'), '{}')
  await writeFile(join(folder, 'credentials.yaml'), `url: http://127.0.0.1:${port}\n`)
  for (const name of ['simulation.yaml', 'profiles.yaml', 'acquis.yaml']) {
    await copyFile(join(UNPACKED, 'etc', 'crowdsec', name), join(folder, name))
  }
  const at = (name: string) => JSON.stringify(join(folder, name))
  const path = join(folder, 'config.yaml')
  await writeFile(
    path,
    `common: {daemonize: false, log_media: stdout, log_level: error, working_dir: ${at('')}}
config_paths:
  config_dir: ${at('')}
  data_dir: ${at('data')}
  simulation_path: ${at('simulation.yaml')}
  hub_dir: ${at('hub')}
  index_path: ${at('hub/.index.json')}
  notification_dir: ${at('notifications')}
  plugin_dir: ${at('plugins')}
crowdsec_service: {enable: false, acquisition_path: ${at('acquis.yaml')}}
cscli: {output: json, color: never}
db_config:
  log_level: error
  type: sqlite
  db_path: ${at('data/crowdsec.db')}
  use_wal: true
  flush: {max_items: 10000000}
api:
  client: {credentials_path: ${at('credentials.yaml')}}
  server:
    log_level: error
    listen_uri: 127.0.0.1:${port}
    profiles_path: ${at('profiles.yaml')}
prometheus: {enabled: false}
`,
  )
  return path
}
