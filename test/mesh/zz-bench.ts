import '../../src/node20.js'
const { Lab, introduce, linked } = await import('./lab.js')
const { until } = await import('../support/until.js')
const { report } = await import('../support/memory-log.js')
const now = () => performance.now()
{
  const [a, b] = [await Lab.start(), await Lab.start()]
  for (let i = 0; i < 5000; i++) a.write()
  const LARGE = Array.from({ length: 220 }, () => ({ ...report('x'.repeat(230)), type: 5 }))
  introduce(a, b)
  let t = now(); let maxLag = 0; let prev = now()
  const timer = setInterval(() => { const n = now(); maxLag = Math.max(maxLag, n - prev - 5); prev = n }, 5)
  await until(() => b.log.seq(a.author) === 5000, { timeoutMs: 60000 })
  console.log('catch-up 5000 small:', (now() - t).toFixed(0), 'ms, max event-loop lag', maxLag.toFixed(0), 'ms (both nodes in one process)')
  for (let i = 0; i < 200; i++) a.write(LARGE)
  maxLag = 0; t = now()
  a.remove(b); await until(() => !a.mesh.links().length && !b.isUp(a)); 
  console.log('removed -> link seen down by the other:', (now() - t).toFixed(0), 'ms')
  a.admit(b); await until(() => b.log.seq(a.author) === 5200, { timeoutMs: 60000 })
  console.log('readmit + 200 large (12 MB):', (now() - t).toFixed(0), 'ms, lag', maxLag.toFixed(0))
  clearInterval(timer)
  const lat: number[] = []
  for (let i = 0; i < 200; i++) { const t0 = now(); const e = await a.publish(); await new Promise<void>((r) => { const f = () => b.holds(e) ? r() : setImmediate(f); f() }); lat.push(now() - t0) }
  lat.sort((x, y) => x - y); console.log('publish->held p50', lat[100]!.toFixed(1), 'p99', lat[198]!.toFixed(1), 'ms (incl. sealing)')
  await Lab.stopAll()
}
{
  const labs = []
  for (let i = 0; i < 16; i++) labs.push(await Lab.start())
  const t = now(); introduce(...labs)
  await until(() => labs.every((x) => labs.every((y) => x === y || x.isUp(y))), { timeoutMs: 60000 })
  console.log('16 nodes all up:', (now() - t).toFixed(0), 'ms')
  const n = labs.map((l) => l.mesh.links().length)
  const t1 = now(); const es = await Promise.all(labs.map((l) => l.publish()))
  await until(() => labs.every((l) => es.every((e) => l.holds(e))), { timeoutMs: 60000 })
  console.log('16x1 publish to all:', (now() - t1).toFixed(0), 'ms')
  const t2 = now()
  for (let i = 0; i < 20; i++) await Promise.all(labs.map((l) => l.publish()))
  await until(() => labs.every((l) => labs.every((m) => l.log.seq(m.author) === 21)), { timeoutMs: 60000 })
  console.log('16x20:', (now() - t2).toFixed(0), 'ms; sessions', labs[0]!.mesh.catchUp(), 'codes', [...new Set(labs.flatMap((l) => l.lines.map((x) => x.code)))].join(' '))
  console.log('connections', process.memoryUsage().rss >> 20, 'MB')
  const late = await Lab.start(); const t3 = now()
  introduce(...labs, late)
  await until(() => labs.every((m) => late.log.seq(m.author) === 21), { timeoutMs: 60000 })
  console.log('late joiner with 15 others level:', (now() - t3).toFixed(0), 'ms, envelopes judged', late.log.outcomes.length, 'of', 16 * 21)
  const t4 = now(); await Lab.stopAll(); console.log('stop', (now() - t4).toFixed(0))
}
