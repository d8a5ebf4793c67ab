/** What works on the folder of a node that is not running. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Config } from './config.js'
import { authorOf, formatCard } from './core/identity.js'
import type { Maintenance } from './core/ports.js'
import { publicKeyOf } from './core/signature.js'
import { federationOf } from './federation/federation-file.js'
import { openFolder } from './folder.js'
import { StartError, toStartError, Undo } from './lifecycle.js'
import { restoreFolder } from './storage/backup.js'
import { NODE_KEY, nodeSeed, readMarker } from './storage/small-file.js'

/** `verify` and `rebuild`. */
export async function openOffline(
  config: Pick<Config, 'data' | 'name' | 'federation' | 'logLevel'>,
): Promise<Maintenance & { close(): Promise<void> }> {
  const stack = new Undo()
  try {
    if ((await readMarker(config.data)) === undefined) {
      throw new StartError('data-missing', `${config.data} holds no node`)
    }
    const { upkeep } = await openFolder(config, stack)
    return {
      verify: (tell) => upkeep.verify(tell),
      rebuild: (tell) => upkeep.rebuild(tell),
      close: () => stack.unwind(),
    }
  } catch (error) {
    await stack.unwind()
    throw toStartError(error)
  }
}

/** Makes the folder of a node from a backup. */
export async function restoreBackup(folder: string, config: Pick<Config, 'data'>): Promise<void> {
  try {
    await restoreFolder(folder, config.data)
  } catch (error) {
    throw toStartError(error)
  }
}

/** The member card of a folder whose node is not running: the addresses are those configured. */
export async function cardOf(config: Config): Promise<string> {
  try {
    if (!existsSync(join(config.data, NODE_KEY))) {
      throw new StartError('data-missing', `${config.data} holds no node`)
    }
    const federation = await federationOf(config)
    const own = authorOf(publicKeyOf(await nodeSeed(config.data)))
    const addresses = config.announce.length > 0 ? config.announce : config.listen
    return formatCard(own, addresses, federation, config.name)
  } catch (error) {
    throw toStartError(error)
  }
}
