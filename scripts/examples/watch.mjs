/**
 * Watches a node where there is no Prometheus: reads /metrics, prints what is wrong, one line each,
 * and ends with 1 where anything is. Shows: which few numbers are worth waking somebody.
 *
 *   export TOCSIN_TOKEN=$(npx tocsin token create --role gateway --name watch)
 *   node scripts/examples/watch.mjs              # from cron, say
 *
 * TOCSIN_URL is the node (http://127.0.0.1:4718).
 */
const { TOCSIN_URL: url = 'http://127.0.0.1:4718', TOCSIN_TOKEN: token } = process.env

/** Name of a metric, whether a value of it is bad, and what that means. */
const RULES = [
  ['tocsin_disk_fault', (value) => value > 0, 'nothing can be written: reports are not accepted'],
  ['tocsin_freshness{state="degraded"}', (value) => value > 0, 'own disk or clock is at fault'],
  ['tocsin_freshness{state="stale"}', (value) => value > 0, 'most members have not been heard'],
  ['tocsin_links{state="down"}', (value) => value > 0, 'members that cannot be reached'],
  ['tocsin_links{state="wrong-network"}', (value) => value > 0, 'members in another federation'],
  ['tocsin_forks', (value) => value > 0, 'members that signed two histories: tocsin members show'],
]

/** From `name{labels}` to its value. */
function valuesOf(text) {
  const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(rows.map((line) => [line.replace(/ \S+$/, ''), Number(/\S+$/.exec(line)[0])]))
}

async function alarms() {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  if (!answer.ok) return [`${url}/metrics answers ${answer.status}`]
  const values = valuesOf(await answer.text())
  const bad = RULES.filter(([name, isBad]) => isBad(values.get(name) ?? 0))
  return bad.map(([name, , meaning]) => `${name} ${values.get(name)}: ${meaning}`)
}

const found = await alarms().catch(() => [`${url} gives no answer`])
for (const line of found) console.log(line)
process.exitCode = found.length === 0 ? 0 : 1
