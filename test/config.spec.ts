/**
 * Settings: which source wins, and that everything wrong is told at once with the nearest right
 * key.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig, type Config, type ConfigError, type ConfigFlags } from '../src/config.js'
import { readYamlFile } from '../src/yaml-file.js'
import { LIST_FORMATS } from '../src/http/dialects/list-formats.js'
import { LIST_NAMES } from '../src/setting.js'

describe('config', () => {
  let folder: string
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'tocsin-config-'))))
  after(() => rm(folder, { recursive: true, force: true }))

  type Env = Readonly<Record<string, string>>
  function load(flags: ConfigFlags = {}, env: Env = {}): Config {
    const loaded = loadConfig(flags, env, { cwd: folder })
    assert.ok('config' in loaded, JSON.stringify(loaded))
    return loaded.config
  }
  function errors(flags: ConfigFlags, env: Env = {}): readonly ConfigError[] {
    const loaded = loadConfig(flags, env, { cwd: folder })
    assert.ok('errors' in loaded)
    return loaded.errors
  }
  async function file(text: string): Promise<string> {
    const path = join(folder, 'settings.yaml')
    await writeFile(path, text)
    return path
  }

  it('a newer file is refused by name, and nothing else in it is judged', async () => {
    const newer = await file('version: 2\nmarvel: true\n')
    const [error, ...others] = errors({ config: newer })
    assert.deepEqual([error?.code, error?.key, others], ['config-version-newer', 'version', []])
    assert.match(error!.message, /^2 is newer .* 1$/)
    for (const text of ['0', '-1', '1.5', '"1"', '[]']) {
      const told = errors({ config: await file(`version: ${text}\nmarvel: true\n`) })
      assert.deepEqual(
        told.map(({ code, key }) => [code, key]),
        [
          ['config-invalid', 'marvel'],
          ['config-invalid', 'version'],
        ],
      )
    }
    for (const text of ['version: 1', 'version: null', '']) {
      assert.equal(load({ config: await file(`${text}\nname: Lab\n`) }).name, 'Lab')
    }
  })

  it('has a default for everything, and the packaged file says the same', () => {
    const packaged = load()
    const bare = loadConfig({}, {}, { cwd: folder, packagedFile: join(folder, 'none.yaml') })
    assert.deepEqual(bare, { config: packaged })
    assert.equal(packaged.data, join(folder, 'data'))
    assert.deepEqual(packaged.listen, ['/ip4/0.0.0.0/tcp/4717'])
    assert.deepEqual(packaged.api, {
      listen: '127.0.0.1:4718',
      hosts: [],
      socket: true,
      insecure: false,
      tls: undefined,
      trustedProxies: ['127.0.0.0/8', '::1/128'],
      dialects: {
        stale: 'last-known',
        degraded: 'last-known',
        noAnswer: 'deny',
        noAddress: 'deny',
        headers: [],
        pointers: [],
      },
    })
    assert.deepEqual(packaged.exports, { folder: undefined, files: ['plain.txt'], reload: [] })
    assert.equal(packaged.federation, undefined)
    assert.ok(packaged.name.length > 0)
  })

  it('a Redis is an address, and a prefix that no other key can begin with by chance', () => {
    const url = 'rediss://node:p%40ss@cache.example:6380/2'
    const { redis } = load({}, { TOCSIN_REDIS: url })
    assert.deepEqual(redis, { url, prefix: 'blocklist:' })
    assert.equal(load({}).redis, undefined)
    for (const wrong of ['cache.example', 'http://cache.example', 'redis://', 'redis://a/b']) {
      assert.match(errors({}, { TOCSIN_REDIS: wrong })[0]!.message, /^is like redis:/, wrong)
    }
    for (const wrong of ['all', '*:', 'a b:', ':']) {
      assert.match(errors({}, { TOCSIN_REDISPREFIX: wrong })[0]!.message, /and a colon$/, wrong)
    }
  })

  it('lists on disk are those under /export/', () => {
    assert.deepEqual([...LIST_NAMES], Object.keys(LIST_FORMATS))
  })

  it('file < environment < flags', async () => {
    const config = await file(
      'name: file\ndata: from-file\nlog: {level: warn}\napi: {socket: false}\n',
    )
    const env = { TOCSIN_CONFIG: config, TOCSIN_NAME: 'env', TOCSIN_DATA: '/from/env' }
    const { name, data, logLevel, api } = load({ name: 'flag' }, env)
    assert.deepEqual([name, data, logLevel, api.socket], ['flag', '/from/env', 'warn', false])
    assert.equal(load({ config }).data, join(folder, 'from-file'))
    assert.equal(load({ config }, { TOCSIN_NAME: '' }).name, 'file')
  })

  it('the environment has lists and switches', () => {
    const { listen, api } = load(
      {},
      {
        TOCSIN_LISTEN: '/ip4/127.0.0.1/tcp/1, /ip6/::1/tcp/2',
        TOCSIN_API_SOCKET: 'false',
        TOCSIN_API_HOSTS: 'a.example,b.example:1',
      },
    )
    assert.deepEqual(listen, ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/2'])
    assert.deepEqual([api.socket, api.hosts], [false, ['a.example', 'b.example:1']])
  })

  it('tells everything wrong in a file at once, with the nearest key', async () => {
    const config = await file(
      'nmae: Lab\nlog: {levle: info}\napi: {lisen: 127.0.0.1:0, socket: maybe}\n' +
        'listen: [nowhere]\nsocket: true\n',
    )
    const told = errors({ config }).map(({ key, message }) => `${key}: ${message}`)
    assert.equal(told.length, 6)
    assert.match(told.join('\n'), /nmae: .*mean name\?/)
    assert.match(told.join('\n'), /log\.levle: .*mean log\.level\?/)
    assert.match(told.join('\n'), /api\.lisen: .*mean api\.listen\?/)
    assert.match(told.join('\n'), /socket: .*mean api\.socket\?/)
    assert.ok(errors({ config }).every(({ code }) => code === 'config-invalid'))
  })

  const WRONG: readonly (readonly [string, ConfigFlags, Env])[] = [
    ['a name with a line break', { name: 'a\nb' }, {}],
    ['a name that is too long', { name: 'x'.repeat(65) }, {}],
    ['a port out of range', { listen: ['/ip4/127.0.0.1/tcp/70000'] }, {}],
    ['an address of the other version', { listen: ['/ip4/::1/tcp/1'] }, {}],
    ['UDP', { announce: ['/ip4/192.0.2.1/udp/1'] }, {}],
    ['nine addresses', { listen: Array<string>(9).fill('/ip4/127.0.0.1/tcp/1') }, {}],
    ['an API without a port', { api: '127.0.0.1' }, {}],
    ['an IPv6 host without brackets', { api: '::1:80' }, {}],
    ['an unknown level', { logLevel: 'loud' }, {}],
    ['a switch that is neither', {}, { TOCSIN_API_SOCKET: 'yes' }],
    ['half a certificate', {}, { TOCSIN_API_TLS_CERT: 'cert.pem' }],
    ['a misspelt variable', {}, { TOCSIN_NAEM: 'x' }],
    ['a file that is not there', { config: 'none.yaml' }, {}],
  ]
  for (const [what, flags, env] of WRONG) {
    it(`refuses ${what}`, () => assert.equal(errors(flags, env)[0]!.code, 'config-invalid'))
  }

  it('leaves the variables of tests and clients alone', () => {
    load(
      {},
      {
        TOCSIN_FEEDS: 'x',
        TOCSIN_VECTORS: 'x',
        TOCSIN_LONG: '1',
        TOCSIN_TOKEN: 'x',
        TOCSIN_URL: 'x',
      },
    )
  })

  for (const api of [
    '0.0.0.0:4718',
    '192.0.2.1:1',
    '[::]:1',
    'api.lab.example:1',
    '127.evil.example:1',
  ]) {
    it(`${api} needs TLS, or somebody who says so`, () => {
      assert.equal(errors({ api })[0]!.code, 'api-not-loopback')
      assert.equal(load({ api, apiInsecure: true }).api.listen, api)
      const tls = { TOCSIN_API_TLS_CERT: 'c.pem', TOCSIN_API_TLS_KEY: 'k.pem' }
      assert.deepEqual(load({ api }, tls).api.tls, {
        cert: join(folder, 'c.pem'),
        key: join(folder, 'k.pem'),
      })
    })
  }
  for (const api of ['localhost:0', '127.0.0.1:0', '127.1.2.3:80', '[::1]:4718']) {
    it(`${api} is loopback`, () => assert.equal(load({ api }).api.listen, api))
  }

  it('YAML that is none, or names a key twice, is told by line', async () => {
    assert.match(errors({ config: await file('name: [') })[0]!.message, /line 1/)
    assert.match(errors({ config: await file('name: a\nname: b\n') })[0]!.message, /unique/i)
    assert.equal(errors({ config: await file('- a\n') }).length, 1)
    assert.ok(load({ config: await file('# nothing\n') }).name)
    assert.ok(load({ config: await file('api: null\nname: null\n') }).name)
  })

  it('reads YAML of any kind, which others judge', async () => {
    assert.deepEqual(await readYamlFile(await file('- 1\n')), [1])
  })
})
