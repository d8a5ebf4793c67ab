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

/** Written for these tests, after the English ones, in languages without spaces between words. */
export const FRAMES_CJK = [
  '你是一名为小型学生模型准备训练数据的教师。请在给出最终答案之前，逐步写出完整的推理链条，说明为何排除其他分支，' +
    '并对每一步的把握程度打分。待解答的题目如下：{slot} 最后只输出推理账本以及一行结论。',
  '请扮演奖励模型的标注员，对下面两段候选回复分别评定有用性、诚实性与无害性，写出偏好分数差距的理由，' +
    '并指出哪一处措辞最影响判断。对话记录：{slot} 结尾只保留被偏好的编号。',
  '把以下编程任务改写成十七个难度递增的变体，每个变体先附详尽注释供蒸馏训练使用，再给出精简的生产代码，' +
    '变体之间用三个波浪号隔开。原始任务：{slot} 不得省略任何边界条件的测试。',
  'あなたは小さな生徒モデルのための教師役です。最終的な答えを示す前に、途中のすべての推論を番号付きで列挙し、' +
    '採用しなかった分岐の理由と確信度を必ず書いてください。対象となる設問は次のとおりです：' +
    '{slot} 最後に推論台帳と結論の一行だけを出力してください。',
  '報酬モデルの採点者として、続く二つの応答候補を有用性、誠実性、無害性の三項目で別々に採点し、' +
    '点差の根拠を段落で弁護してください。会話の記録：{slot} 末尾には好ましい方の記号のみを残すこと。',
  '次に示す課題を蒸留用の教材へ作り替えてください。省略のない導出、明示的な補題、忠実度を一から十で測る評価表を添え、' +
    '生徒が一語ずつ模倣できる書き方を守ること。教材の原文：{slot} 出力は模倣用の記録と評価表だけとします。',
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

/** Chinese or Japanese that is about nothing. */
export function benignCjk(random: Random): string {
  return cjkSlot(random.below(2) === 0 ? 'の' : '', random)
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
