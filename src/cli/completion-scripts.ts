/** The tree of commands as scripts of the shells. Nothing in them is anybody's but ours. */
import { MEMBERS, type CompletionNode } from './completion-tree.js'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type ShellName = (typeof SHELLS)[number]

export function completionScript(shell: ShellName, nodes: readonly CompletionNode[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(nodes)
    case 'zsh':
      return `#compdef tocsin\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(nodes)}`
    case 'fish':
      return fishScript(nodes)
  }
}

/** In single quotes, which all three shells read alike where there is neither quote nor \ in it. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '’')}'`
}

function valueOptions(nodes: readonly CompletionNode[]): string[] {
  const taking = nodes.flatMap(({ path, options }) =>
    options.filter((one) => one.takesValue).map(({ word }) => `${path}:${word}`),
  )
  // The program's own may stand after any command.
  const own = nodes[0]!.options.filter((one) => one.takesValue).map(({ word }) => `*:${word}`)
  return [...own, ...taking]
}

/** `place`, not `path`: to zsh that is where programs are. */
const BASH_WORD = `_tocsin() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local place=tocsin at=0 skip=0 words= word i
  COMPREPLY=()`

/** What is offered of `words`, the rest is the shell's own: files. */
const BASH_OFFER = `  if [[ "$words" == '${MEMBERS}' ]]; then
    while IFS= read -r word; do
      [[ "$word" == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
    done < <(tocsin completion --words members 2>/dev/null)
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
  return 0
}
complete -o default -F _tocsin tocsin`

function bashScript(nodes: readonly CompletionNode[]): string {
  const valueCases = nodes.flatMap(({ path, options }) =>
    options.flatMap(({ word, values }) =>
      values.length === 0 ? [] : [caseOf(`${path}:${word}`, values)],
    ),
  )
  const optionCases = nodes.map(({ path, options }) =>
    caseOf(path, [...options.map(({ word }) => word), '--help']),
  )
  const argCases = nodes.flatMap(({ path, commands, args }) => [
    ...(commands.length === 0
      ? []
      : [
          caseOf(
            `${path}:0`,
            commands.map(({ word }) => word),
          ),
        ]),
    ...args.flatMap((values, at) => (values.length === 0 ? [] : [caseOf(`${path}:${at}`, values)])),
  ])
  return [
    ...[BASH_WORD, bashWalk(nodes), '  if ((skip)); then', '    case "$place:$prev" in'],
    ...[...valueCases, '    esac', '  elif [[ "$cur" == -* ]]; then', '    case "$place" in'],
    ...[...optionCases, '    esac', '  else', '    case "$place:$at" in', ...argCases, '    esac'],
    ...['  fi', BASH_OFFER],
  ].join('\n')
}

/** Where in the tree the last word stands: the command, and how many arguments came before. */
function bashWalk(nodes: readonly CompletionNode[]): string {
  const inside = nodes.slice(1).map(({ path }) => quoted(path))
  const globs = valueOptions(nodes).map((one) => (one.startsWith('*') ? one : quoted(one)))
  return `  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if ((skip)); then skip=0; continue; fi
    case "$place:$word" in
      ${globs.join('|')}) skip=1; continue ;;
      *:-?*) continue ;;
    esac
    case "$place $word" in
      ${inside.join('|')}) place="$place $word"; at=0 ;;
      *) at=$((at + 1)) ;;
    esac
  done`
}

function caseOf(place: string, words: readonly string[]): string {
  return `      ${quoted(place)}) words=${quoted(words.join(' '))} ;;`
}

function fishScript(nodes: readonly CompletionNode[]): string {
  const inside = nodes.slice(1).map(({ path }) => quoted(path))
  const taking = [...new Set(valueOptions(nodes).map((one) => one.slice(one.indexOf(':') + 1)))]
  return `function __tocsin_at
  set -l path tocsin
  set -l at 0
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if contains -- $word ${taking.join(' ')}
      set skip 1
    else if string match -q -- '-*' $word
    else if contains -- "$path $word" ${inside.join(' ')}
      set path "$path $word"
      set at 0
    else
      set at (math $at + 1)
    end
  end
  echo "$path:$at"
end
function __tocsin_is
  test (__tocsin_at) = $argv[1]
end
function __tocsin_in
  string match -q -- "$argv[1]:*" (__tocsin_at)
end
${nodes.flatMap(fishLines).join('\n')}`
}

function fishLines({ path, commands, options, args }: CompletionNode): string[] {
  const is = (at: number) => `complete -c tocsin -f -n ${quoted(`__tocsin_is "${path}:${at}"`)}`
  const isIn = `complete -c tocsin -n ${quoted(`__tocsin_in "${path}"`)}`
  return [
    ...commands.map(({ word, says }) => `${is(0)} -a ${word} -d ${quoted(says)}`),
    ...args.flatMap((values, at) =>
      values.length === 0 ? [] : [`${is(at)} -a ${fishValues(values)}`],
    ),
    ...options.map(({ word, says, takesValue, values }) => {
      const listed = values.length === 0 ? '-r' : `-x -a ${fishValues(values)}`
      return `${isIn} -l ${word.slice(2)} ${takesValue ? `${listed} ` : ''}-d ${quoted(says)}`
    }),
  ]
}

function fishValues(values: readonly string[]): string {
  if (values[0] === MEMBERS) return quoted('(tocsin completion --words members 2>/dev/null)')
  return quoted(values.join(' '))
}
