/**
 * The console's files in memory: the page, its style and modules as they were built, and the two
 * libraries it uses from their packages. Nothing is fetched from anywhere else, and the page's
 * security policy lets nothing else run.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { Pages } from '../core/ports.js'

const PAGE = new URL('./page/', import.meta.url)

const UPLOT = import.meta.resolve('uplot')
/** Modules that pages name without a path: as what they are served, and where they are. */
const LIBRARIES: Readonly<Record<string, readonly [name: string, url: string]>> = {
  preact: ['preact.js', import.meta.resolve('preact')],
  'preact/hooks': ['preact-hooks.js', import.meta.resolve('preact/hooks')],
  'preact/jsx-runtime': ['preact-jsx.js', import.meta.resolve('preact/jsx-runtime')],
  uplot: ['uplot.js', new URL('./uPlot.esm.js', UPLOT).href],
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Of ours, that the page shares: from `/console/page` they are two folders up. */
const SHARED = ['codes.js', 'change-words.js']

const IMPORTS = Object.fromEntries([
  ...Object.entries(LIBRARIES).map(([module, [name]]) => [module, `/console/${name}`]),
  ...SHARED.map((name) => [`/core/${name}`, `/console/${name}`]),
])
/** The one script in the page itself: it says where modules are, and its hash is in the policy. */
const IMPORT_MAP = JSON.stringify({ imports: IMPORTS })

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Tocsin</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/console/tocsin.svg">
<link rel="stylesheet" href="/console/uplot.css">
<link rel="stylesheet" href="/console/style.css">
<script type="importmap">${IMPORT_MAP}</script>
<script type="module" src="/console/app.js"></script>
</head>
<body><div id="app"><noscript>The console needs JavaScript; <code>tocsin status</code> does not.
</noscript></div></body>
</html>
`

export class ConsoleFiles implements Pages {
  readonly html = HTML
  readonly policy = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${createHash('sha256').update(IMPORT_MAP).digest('base64')}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
  /** Read when the first browser comes: most nodes have none for days. */
  #files: Map<string, NonNullable<ReturnType<Pages['file']>>> | undefined

  file(name: string): ReturnType<Pages['file']> {
    return (this.#files ??= readAll()).get(name)
  }
}

function readAll() {
  const own = readdirSync(PAGE)
    .filter((name) => extname(name) in TYPES)
    .map((name) => [name, readFileSync(new URL(name, PAGE))] as const)
  const libraries = [
    ...Object.values(LIBRARIES),
    ['uplot.css', new URL('./uPlot.min.css', UPLOT).href] as const,
    ...SHARED.map((name) => [name, new URL(`../core/${name}`, import.meta.url).href] as const),
  ]
  const files = [
    ...own,
    ...libraries.map(([name, url]) => [name, readFileSync(new URL(url))] as const),
  ]
  return new Map(
    files.map(([name, body]) => {
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
      return [name, { type: TYPES[extname(name)]!, body, etag }]
    }),
  )
}
