#!/usr/bin/env node
/**
 * `node scripts/background.mjs OWNER/NAME=CLONE …`: writes config/background/common.txt, shingles
 * of ordinary prompts that a sketch must not consist of. CLONE is a clone of the repository, which
 * holds the commit named here; every source is free to be used so, and only shingles of two or
 * three words are kept of it.
 *
 * common: in more than one in five hundred paragraphs of its language.
 * framework: of a prompt that a public framework ships, wherever it is used.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { canonicalTokens } from '../dist/core/canonical-text.js'
import { shinglesOf } from '../dist/core/sketch.js'

const SOURCES = [
  {
    repo: 'f/awesome-chatgpt-prompts',
    commit: 'f14bb05f1f382166030420535a2fc0c84ff2bb05',
    licence: 'CC0-1.0',
    kind: 'common',
    paths: /^src\/content\/book\/.*\.mdx$/,
  },
  {
    repo: 'dair-ai/Prompt-Engineering-Guide',
    commit: '3d96678f28793e6f23ac6c0127799489f2c9022b',
    licence: 'MIT',
    kind: 'common',
    paths: /^pages\/.*\.mdx$/,
  },
  {
    repo: 'langchain-ai/langchainjs',
    commit: '62fc484b2a0d1ec5b8bebff4a8a0efe6300ada72',
    licence: 'MIT',
    kind: 'framework',
    paths: /^libs\/langchain[a-z-]*\/src\/(?!.*(?:test|spec)).*prompts?[^/]*\.ts$|mrkl\/index\.ts$/,
  },
  {
    repo: 'run-llama/LlamaIndexTS',
    commit: 'acd9b66de4ec1305d8f7e87832cc68093116bb16',
    licence: 'MIT',
    kind: 'framework',
    paths: /^packages\/core\/src\/prompts\/prompt\.ts$/,
  },
  {
    repo: 'stanfordnlp/dspy',
    commit: '4ed377ee9110e912d4f5e1be43b317b87455053c',
    licence: 'MIT',
    kind: 'framework',
    paths: /^dspy\/(?:adapters\/(?:chat|json)_adapter|predict\/(?:react|chain_of_thought))\.py$/,
  },
  {
    repo: 'microsoft/autogen',
    commit: '027ecf0a379bcc1d09956d46d12d44a3ad9cee14',
    licence: 'MIT (code)',
    kind: 'framework',
    paths: /_prompts?\.py$/,
  },
  {
    repo: 'crewAIInc/crewAI',
    commit: 'f4731f5025f861c78e3af0487cc80bf5e7c64782',
    licence: 'MIT',
    kind: 'framework',
    paths: /^lib\/crewai\/src\/crewai\/translations\/en\.json$/,
  },
]

const SHARE = 1 / 500
const PARAGRAPH_TOKENS_MIN = 6
const PROMPT_TOKENS_MIN = 10
/** In a language of few paragraphs one of them is more than the share. */
const FOUND_MIN = 5

const clones = new Map(process.argv.slice(2).map((word) => word.split('=')))
const git = (repo, ...words) =>
  execFileSync('git', ['-C', clones.get(repo), ...words], { maxBuffer: 1 << 30 }).toString()

function* filesOf({ repo, commit, paths }) {
  for (const path of git(repo, 'ls-tree', '-r', '--name-only', commit).split('\n')) {
    if (!paths.test(path)) continue
    yield { path, text: git(repo, 'show', `${commit}:${path}`) }
  }
}

/** Paragraphs as prompts are: without what marks them up. */
const paragraphsOf = (text) =>
  text.split(/\n\s*\n|\n```[a-z]*\n/).map((part) => part.replace(/<[^>]{1,200}>|[#*`>|]/g, ' '))

/** Texts in a program: in backticks, three quotes, or quotes. */
const LITERALS = /(`|"""|"|')((?:(?!\1)[^\\]|\\.){40,}?)\1/gs
const literalsOf = (text) =>
  [...text.matchAll(LITERALS)].map((match) => match[2].replace(/\\n|\\t|\$?\{[^{}]*\}/g, ' '))

/** By the writing: what is common in one says nothing of another. */
function languageOf(path, text) {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'ja'
  if (/\p{Script=Hangul}/u.test(text)) return 'ko'
  if (/\p{Script=Han}/u.test(text)) return 'zh'
  return /(?:^|[/.])([a-z]{2})(?:[/.]|$)/.exec(path)?.[1] ?? 'en'
}

const languages = new Map()
const framework = new Set()
const counts = { paragraphs: 0, prompts: 0 }
const seen = new Set()
for (const source of SOURCES) {
  for (const { path, text } of filesOf(source)) {
    const isCommon = source.kind === 'common'
    for (const part of isCommon ? paragraphsOf(text) : literalsOf(text)) {
      const parts = canonicalTokens(part)
      const tokens = parts.reduce((sum, { length }) => sum + length, 0)
      const name = parts.map((one) => one.join(' ')).join('|')
      if (tokens < (isCommon ? PARAGRAPH_TOKENS_MIN : PROMPT_TOKENS_MIN) || seen.has(name)) continue
      seen.add(name)
      counts[isCommon ? 'paragraphs' : 'prompts']++
      const language = languageOf(path, part)
      const held = languages.get(language) ?? { texts: 0, found: new Map() }
      languages.set(language, held)
      if (isCommon) held.texts++
      for (const shingle of shinglesOf(parts)) {
        if (isCommon) held.found.set(shingle, (held.found.get(shingle) ?? 0) + 1)
        else framework.add(shingle)
      }
    }
  }
}

const common = new Set()
for (const { texts, found } of languages.values()) {
  const least = Math.max(FOUND_MIN, texts * SHARE)
  for (const [shingle, count] of found) if (count > least) common.add(shingle)
}
const both = [...new Set([...common, ...framework])].sort()
const about = [
  '# tocsin-stop/2026-11: shingles that ordinary prompts have. Made by scripts/background.mjs from',
  ...SOURCES.map(
    ({ repo, commit, licence, kind }) => `#   ${repo} ${commit} (${licence}; ${kind})`,
  ),
  `# ${counts.paragraphs} paragraphs, ${counts.prompts} prompts: ${both.length} shingles.`,
]
const folder = fileURLToPath(new URL('../config/background/', import.meta.url))
mkdirSync(folder, { recursive: true })
writeFileSync(`${folder}common.txt`, [...about, ...both, ''].join('\n'))
process.stdout.write(`${about.at(-1)}\n${common.size} common, ${framework.size} of frameworks\n`)
