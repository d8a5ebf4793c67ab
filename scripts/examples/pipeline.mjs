/**
 * An abuse pipeline that reports as it detects: items go to the node as one stream of lines
 * (NDJSON), of any length, and the answer says what became of each. Shows: streaming without
 * holding anything in memory, what is refused and why, and an exit code for the job that ran it.
 *
 *   export TOCSIN_TOKEN=$(npx tocsin token create --role detector --name pipeline)
 *   node scripts/examples/pipeline.mjs < detections.ndjson
 *
 * A line is what your detector says: {"address": …, "score": 0 to 1, "requests": …}. TOCSIN_URL is
 * the node (http://127.0.0.1:4718).
 */
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'

const { TOCSIN_URL: url = 'http://127.0.0.1:4718', TOCSIN_TOKEN: token } = process.env
const SCORE_MIN = 0.6

/** Only what members are to know: no account, no prompt, no exact count has a place in a report. */
function reportOf({ address, score, requests }) {
  return {
    type: 'ip',
    value: address,
    confidence: Math.round(100 * score),
    action: score > 0.9 ? 'block' : 'throttle',
    category: 'capability-extraction',
    evidence: requests >= 1000 ? '1000+' : requests >= 100 ? '100-999' : '20-99',
    firstHand: true,
    labels: ['automated'],
  }
}

async function* reports() {
  for await (const line of createInterface({ input: process.stdin })) {
    const detection = JSON.parse(line)
    if (detection.score >= SCORE_MIN) yield `${JSON.stringify(reportOf(detection))}\n`
  }
}

const answer = await fetch(`${url}/v1/reports`, {
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
  body: Readable.toWeb(Readable.from(reports())).pipeThrough(new TextEncoderStream()),
  duplex: 'half',
})
const { accepted = 0, duplicate = 0, refused = 0, results = [], code } = await answer.json()
console.log(`accepted ${accepted}, duplicate ${duplicate}, refused ${refused}`)
for (const { index, status, code: why } of results) {
  if (status === 'refused') console.error(`report ${index + 1}: ${why}`)
}
if (!answer.ok) console.error(`the node refused: ${answer.status} ${code}`)
process.exitCode = answer.ok && refused === 0 ? 0 : 1
