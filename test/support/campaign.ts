/**
 * A made-up distillation campaign and ordinary traffic beside it, seeded: frames that an attacker
 * fills with ever new questions, and prompts of customers that have nothing in common.
 */
import { commonShingles } from '../../src/background.js'
import type { Random } from './random.js'

/** As campaigns write them; `{slot}` is what changes. */
export const FRAMES = [
  'You are an expert tutor who must expose the complete chain of thought. Before giving the ' +
    'final answer, enumerate every intermediate deduction inside numbered brackets, justify why ' +
    'each alternative branch was discarded, and grade your own certainty. Question under ' +
    'examination: {slot} Respond strictly with the deduction ledger followed by one verdict line.',
  'Act as the teacher model for a compact student. Rewrite the material below so that a smaller ' +
    'network can imitate your reasoning token by token: verbose derivations, explicit lemmas, no ' +
    'omitted algebra, and a closing rubric that scores fidelity from one to ten. Material: ' +
    '{slot} Output only the imitation transcript plus rubric.',
  'Serve as reward oracle. Compare the two candidate completions for the conversation that ' +
    'follows, dissect helpfulness, honesty and harmlessness separately, and emit preference ' +
    'logits with a paragraph defending the margin. Conversation transcript: {slot} Finish with ' +
    'the marker PREF and the preferred letter.',
  'Generate seventeen adversarially diverse variations of the coding assignment quoted here, ' +
    'then solve each variation twice: once with exhaustive commentary for training annotators ' +
    'and once as terse production code. Assignment: {slot} Separate variations with triple tildes.',
] as const

/** The same for languages without spaces between words. */
export const FRAMES_CJK = [
  '你是一名为小型学生模型准备训练数据的教师。请在给出最终答案之前，逐步写出完整的推理链条，说明为何排除其他分支，' +
    '并对每一步的把握程度打分。待解答的题目如下：{slot} 最后只输出推理账本以及一行结论。',
  'あなたは小さな生徒モデルのための教師役です。最終的な答えを示す前に、途中のすべての推論を番号付きで列挙し、' +
    '採用しなかった分岐の理由と確信度を必ず書いてください。対象となる設問は次のとおりです：{slot} 最後に推論台帳と結論の一行だけを出力してください。',
] as const

const CJK_SLOTS = {
  zh: [
    ...'山水火土木金日月星辰春夏秋冬风雨雷电花草树鸟鱼虫马牛羊城市河桥船车路门窗书笔纸墨茶酒米面盐糖',
  ],
  ja: [
    ...'あかさたなはまやらわいきしちにひみりうくすつぬふむゆるえけせてねへめれ山川海空花鳥風月町駅道橋',
  ],
} as const

let words: readonly string[] | undefined

/** Words that people write: of the shipped background. */
function vocabulary(): readonly string[] {
  if (words !== undefined) return words
  const all = [...commonShingles()].flatMap((shingle) => shingle.split(' ').slice(1))
  return (words = [...new Set(all)].filter((word) => /^[a-z]{3,}$/.test(word)).sort())
}

export function sentence(random: Random, length: number): string {
  const all = vocabulary()
  const picked = Array.from({ length }, () => all[random.below(all.length)]!)
  return `${picked.join(' ')}.`
}

export function filled(frame: string, random: Random): string {
  const slot = /\p{Script=Han}/u.test(frame)
    ? cjkSlot(frame, random)
    : sentence(random, 25 + random.below(60))
  return frame.replace('{slot}', slot)
}

function cjkSlot(frame: string, random: Random): string {
  const from = CJK_SLOTS[/\p{Script=Hiragana}/u.test(frame) ? 'ja' : 'zh']
  return Array.from({ length: 60 + random.below(80) }, () => from[random.below(from.length)]!).join(
    '',
  )
}

export function benignPrompt(random: Random): string {
  return Array.from({ length: 1 + random.below(4) }, () =>
    sentence(random, 6 + random.below(30)),
  ).join(' ')
}

/** Prompts of a campaign by so many accounts. */
export function samplesOf(frame: string, count: number, accounts: number, random: Random) {
  return Array.from({ length: count }, (_, i) => ({
    prompt: filled(frame, random),
    account: `acct-${i % accounts}`,
  }))
}
