/**
 * What can be checked of a node that does not run: its folder, its files, and whether what it
 * listens on is free. Nothing is opened that a start would not have to itself, nothing is changed.
 */
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Config } from './config.js'
import { foundOr, secretsChecks, spaceChecks, type Check, type CheckName } from './core/check-up.js'
import { OPEN_FEDERATION } from './core/identity.js'
import { LIMITS } from './core/limits.js'
import { federationOf } from './federation/federation-file.js'
import { splitHostPort } from './setting.js'
import { STORE_FORMAT } from './storage/database.js'
import { MUST_ASK, readMarker } from './storage/small-file.js'
import { secretsOf, spaceFor } from './surroundings.js'
import { lookAt } from './watched-file.js'
import { readPolicyText } from './yaml-file.js'

export async function checkStopped(config: Config): Promise<readonly Check[]> {
  const { data } = config
  const folder = await folderChecks(config)
  // Without a folder there is nothing in it to be missed.
  const isThere = existsSync(join(data, 'marker'))
  return [
    ...folder,
    ...(isThere ? secretsChecks(await secretsOf(data)) : []),
    ...spaceChecks(isThere ? await spaceFor(data) : undefined),
    ...(await policyChecks(config)),
    ...(await portChecks(config)),
    ...askChecks(data),
  ]
}

async function folderChecks(config: Config): Promise<readonly Check[]> {
  const { data } = config
  try {
    const { networkId } = await federationOf(config)
    const marker = await readMarker(data)
    if (marker === undefined) {
      return failing('folder', `${data} holds no node`, `tocsin start --data '${data}'`)
    }
    if (marker.networkId !== networkId) {
      const mend = 'name the federation file it belongs to: --federation FILE'
      return failing('folder', `${data} belongs to another federation`, mend)
    }
    if (marker.format > STORE_FORMAT) {
      return failing('folder', `${data} was written by a newer version`, 'start that version')
    }
    if (!existsSync(join(data, 'db', 'CURRENT'))) {
      const mend = 'tocsin restore BACKUP --data NEWFOLDER'
      return failing('folder', `the database of ${data} is gone`, mend)
    }
    const isOpen = networkId === OPEN_FEDERATION.networkId
    const says = `format ${marker.format}, ${isOpen ? 'the open federation' : networkId}`
    return [{ name: 'folder', state: 'ok', says }]
  } catch (error) {
    return failing('folder', textOf(error), 'mend that file')
  }
}

async function policyChecks({ data, policy }: Config): Promise<readonly Check[]> {
  const path = policy ?? join(data, 'policy.yaml')
  if (policy === undefined && !existsSync(path)) {
    return [{ name: 'policy', state: 'ok', says: 'the packaged one' }]
  }
  const mend = `correct ${path}`
  const look = await lookAt(path, LIMITS.policyBytesMax)
  if ('problem' in look) return failing('policy', `${path}: ${look.problem}`, mend)
  const read = readPolicyText(look.text)
  const wrong = 'errors' in read ? read.errors : []
  const found = wrong.flatMap(({ key, message }) => failing('policy', `${key}: ${message}`, mend))
  return foundOr(found, 'policy', path)
}

/** Ports that the node would listen on and cannot. */
async function portChecks({ listen, api }: Config): Promise<readonly Check[]> {
  const wanted = [...listen.map(hostPortOf), splitHostPort(api.listen)]
  const found: Check[] = []
  for (const place of wanted) {
    if (place === undefined) continue
    const code = await whyNotFree(place.host, place.port)
    if (code === undefined) continue
    const says = `${place.host} port ${place.port} cannot be listened on: ${code}`
    const mend = 'end what listens there (ss -ltnp), or choose another port'
    found.push(...failing('ports', says, mend))
  }
  return foundOr(found, 'ports', 'what it would listen on is free')
}

function hostPortOf(multiaddr: string): { host: string; port: number } | undefined {
  const parts = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)/.exec(multiaddr)
  return parts === null ? undefined : { host: parts[1]!, port: Number(parts[2]) }
}

function whyNotFree(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}

function askChecks(data: string): readonly Check[] {
  if (!existsSync(join(data, MUST_ASK))) return []
  const says = 'this folder was restored: it stays silent until a member was reached'
  return [{ name: 'own-log', state: 'warn', says, mend: `tocsin start --data '${data}'` }]
}

function failing(name: CheckName, says: string, mend: string): readonly Check[] {
  return [{ name, state: 'fail', says, mend }]
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
