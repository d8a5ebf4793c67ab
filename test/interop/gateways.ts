/** Real gateways before one upstream, set up with the blocks that `tocsin integrate` prints. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  caddyBlock,
  haproxyBlock,
  haproxyLua,
  nginxBlock,
  portkeyConfig,
  type BlockOptions,
} from '../../src/cli/gateway-blocks.js'
import { freePort, type Programs } from '../support/programs.js'

export interface Gateway {
  readonly name: string
  readonly failOpen: boolean
  /** What visitors call. */
  readonly url: string
  /** Status that a visitor from an address sees. */
  visit(address: string): Promise<number>
}

interface Setup extends Pick<BlockOptions, 'node' | 'token' | 'upstream' | 'failOpen'> {
  readonly programs: Programs
  readonly folder: string
}

/** Stands for the address of a visitor, which loopback cannot have. */
export const VISITOR = 'X-Test-Visitor'
const WAIT_MS = 10_000

function visitor(name: string, failOpen: boolean, port: number): Gateway {
  const url = `http://127.0.0.1:${port}/v1/chat`
  return {
    name,
    failOpen,
    url,
    visit: async (address) => {
      const signal = AbortSignal.timeout(WAIT_MS)
      const answer = await fetch(url, {
        headers: { [VISITOR]: address, connection: 'close' },
        signal,
      })
      await answer.arrayBuffer()
      return answer.status
    },
  }
}

async function folderOf({ folder, failOpen }: Setup, name: string): Promise<string> {
  const own = join(folder, `${name}-${failOpen ? 'open' : 'closed'}`)
  await mkdir(own, { recursive: true })
  return own
}

export async function nginx(setup: Setup): Promise<Gateway> {
  const [port, cwd] = [await freePort(), await folderOf(setup, 'nginx')]
  const block = nginxBlock({ ...setup, clientAddress: '$http_x_test_visitor' })
  const [http, server] = block.split('# in server { }')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await writeFile(
    join(cwd, 'nginx.conf'),
    `daemon off; master_process off; pid ${cwd}/pid; error_log ${cwd}/error.log;
events {}
http {
  access_log off;
  ${paths.map((name) => `${name}_temp_path ${cwd}/${name};`).join(' ')}
  ${http}
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}`,
  )
  const command = ['nginx', '-c', join(cwd, 'nginx.conf'), '-p', cwd, '-e', join(cwd, 'error.log')]
  await setup.programs.start(command, { cwd, port })
  return visitor('nginx', setup.failOpen, port)
}

export async function caddy(setup: Setup): Promise<Gateway> {
  const [port, cwd] = [await freePort(), await folderOf(setup, 'caddy')]
  const block = caddyBlock({ ...setup, clientAddress: `{http.request.header.${VISITOR}}` })
  await writeFile(
    join(cwd, 'Caddyfile'),
    `{
  admin off
  auto_https off
  storage file_system ${cwd}
}
http://127.0.0.1:${port} {
${block}
}
`,
  )
  const command = ['caddy', 'run', '--config', 'Caddyfile', '--adapter', 'caddyfile']
  await setup.programs.start(command, { cwd, port, env: { HOME: cwd, XDG_DATA_HOME: cwd } })
  return visitor('Caddy', setup.failOpen, port)
}

export async function haproxy(setup: Setup): Promise<Gateway> {
  const [port, cwd] = [await freePort(), await folderOf(setup, 'haproxy')]
  const block = haproxyBlock({ ...setup, clientAddress: `req.hdr(${VISITOR})` })
  const [, global, frontend, backend] = block.split(
    /# (?:in global|in the frontend|the backends).*\n/,
  )
  await writeFile(join(cwd, 'tocsin.lua'), haproxyLua())
  await writeFile(
    join(cwd, 'haproxy.cfg'),
    `global
${global}
defaults
    mode http
    timeout connect 2s
    timeout client 15s
    timeout server 15s
frontend in
    bind 127.0.0.1:${port}
${frontend}
${backend}
`,
  )
  await setup.programs.start(['haproxy', '-f', 'haproxy.cfg', '-db'], { cwd, port })
  return visitor('HAProxy', setup.failOpen, port)
}

export interface PortkeyHost {
  readonly port: number
}

/** One process serves every configuration: each request carries its own. */
export async function startPortkey(
  programs: Programs,
  { folder, main }: { readonly folder: string; readonly main: string },
): Promise<PortkeyHost> {
  const port = await freePort()
  const cwd = join(folder, 'portkey')
  await mkdir(cwd, { recursive: true })
  // It binds every interface and has no option for that.
  const preload = join(cwd, 'loopback.cjs')
  await writeFile(
    preload,
    `const net = require('node:net')
const { listen } = net.Server.prototype
const host = '127.0.0.1'
net.Server.prototype.listen = function (first, ...rest) {
  const isOptions = typeof first === 'object' && first !== null && 'port' in first
  if (isOptions) return listen.call(this, { ...first, host }, ...rest)
  if (typeof rest[0] === 'string') rest.shift()
  return listen.call(this, first, host, ...rest)
}
`,
  )
  const command = [process.execPath, '--require', preload, main, `--port=${port}`, '--headless']
  const env = { TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost', NODE_ENV: 'production' }
  await programs.start(command, { cwd, port, env })
  return { port }
}

export function portkey(setup: Omit<Setup, 'programs' | 'folder'>, host: PortkeyHost): Gateway {
  const config = {
    provider: 'openai',
    api_key: 'none',
    custom_host: `http://${setup.upstream}/v1`,
    ...portkeyConfig(setup),
  }
  const url = `http://127.0.0.1:${host.port}/v1/chat/completions`
  return {
    name: 'Portkey',
    failOpen: setup.failOpen,
    url,
    visit: async (address) => {
      const answer = await fetch(url, {
        method: 'POST',
        signal: AbortSignal.timeout(WAIT_MS),
        headers: {
          'content-type': 'application/json',
          'x-portkey-config': JSON.stringify(config),
          'x-portkey-metadata': JSON.stringify({ ip: address }),
        },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] }),
      })
      await answer.arrayBuffer()
      return answer.status
    },
  }
}
