/** Numbers over time: as lines to look at, and as a table for whoever does not see them. */
import { useEffect, useRef, useState } from 'preact/hooks'
import UPlot from 'uplot'
import { Empty } from './shown.js'

export interface Line {
  readonly name: string
  readonly values: readonly (number | null)[]
}

const HEIGHT = 180
const DARK = matchMedia('(prefers-color-scheme: dark)')
/** Told apart without colour, too. */
const DASHES = [[], [6, 4], [2, 3]]

export function Plot({
  label,
  times,
  lines,
}: {
  readonly label: string
  readonly times: readonly number[]
  readonly lines: readonly Line[]
}) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(null)
  const [isDark, setDark] = useState(DARK.matches)
  const data = [times.map((ms) => ms / 1_000), ...lines.map(({ values }) => [...values])]
  useEffect(() => {
    const changed = () => setDark(DARK.matches)
    DARK.addEventListener('change', changed)
    return () => DARK.removeEventListener('change', changed)
  }, [])
  useEffect(() => {
    const at = place.current
    if (at === null || times.length === 0) return
    const options = optionsOf(lines, at.clientWidth)
    const made = new UPlot(options, data as unknown as UPlot.AlignedData, at)
    plot.current = made
    const watch = new ResizeObserver(() => made.setSize({ width: at.clientWidth, height: HEIGHT }))
    watch.observe(at)
    return () => {
      watch.disconnect()
      made.destroy()
    }
  }, [isDark, times.length === 0, lines.length])
  useEffect(() => plot.current?.setData(data as unknown as UPlot.AlignedData), [times, lines])
  if (times.length === 0) return <Empty>Nothing yet.</Empty>
  return (
    <figure class="plot">
      <div ref={place} role="img" aria-label={`${label}. ${summary(lines)}`} />
      <figcaption>
        {lines.map(({ name }, i) => (
          <span key={name} class={`key line-${i}`}>
            {name}
          </span>
        ))}
      </figcaption>
    </figure>
  )
}

function summary(lines: readonly Line[]): string {
  return lines
    .map(({ name, values }) => {
      const known = values.filter((value) => value !== null)
      const last = known.at(-1)
      return last === undefined
        ? `${name}: none`
        : `${name}: last ${last}, most ${Math.max(...known)}`
    })
    .join('; ')
}

/** Colours are the style sheet's, so that there is one place for them. */
function optionsOf(lines: readonly Line[], width: number): UPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 } }
  return {
    width: Math.max(width, 200),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [axis, { ...axis, size: 44 }],
    series: [
      {},
      ...lines.map(({ name }, i) => ({
        label: name,
        stroke: colour(`--line-${i}`),
        width: 2,
        dash: DASHES[i % DASHES.length]!,
        points: { show: lines[i]!.values.filter((value) => value !== null).length < 30 },
      })),
    ],
  }
}
