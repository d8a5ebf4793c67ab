/**
 * Figures over sizes (`name@size`) as one picture, a panel for each, both axes logarithmic: what is
 * flat is a level line, what grows with the size a diagonal.
 */
import type { Figures } from './soak-run.js'

interface Point {
  readonly size: number
  readonly value: number
}

const COLUMNS = 3
const PANEL = { width: 300, height: 190 }
const PLOT = { left: 48, right: 12, top: 30, bottom: 30 }
/** Fewer sizes show no course. */
const SIZES_MIN = 3
/** A panel shows at least two tens, so that a few percent do not look like a slope. */
const DECADES_MIN = 2

/** SVG; undefined where no figure has enough sizes. */
export function plotOf(figures: Figures): string | undefined {
  const courses = [...coursesIn(figures)].filter(([, points]) => points.length >= SIZES_MIN)
  if (courses.length === 0) return undefined
  const rows = Math.ceil(courses.length / COLUMNS)
  const size = `width="${COLUMNS * PANEL.width}" height="${rows * PANEL.height}"`
  const panels = courses.map(([name, points], i) => {
    const x = (i % COLUMNS) * PANEL.width
    const y = Math.floor(i / COLUMNS) * PANEL.height
    return `<g transform="translate(${x} ${y})">${panelOf(name, points)}</g>`
  })
  const style = 'font-family="sans-serif" font-size="11" fill="#222"'
  const ground = '<rect width="100%" height="100%" fill="#fff"/>'
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>`
  return [head, ground, ...panels, '</svg>', ''].join('\n')
}

function coursesIn(figures: Figures): Map<string, Point[]> {
  const courses = new Map<string, Point[]>()
  for (const [name, value] of Object.entries(figures)) {
    const [what, size] = name.split('@')
    if (size === undefined || typeof value !== 'number' || value <= 0) continue
    courses.set(what!, [...(courses.get(what!) ?? []), { size: Number(size), value }])
  }
  return courses
}

function panelOf(name: string, points: readonly Point[]): string {
  const across = axisOf(
    points.map(({ size }) => size),
    0,
  )
  const up = axisOf(
    points.map(({ value }) => value),
    DECADES_MIN,
  )
  const { left, right, top, bottom } = PLOT
  const xOf = (size: number) => left + across.at(size) * (PANEL.width - left - right)
  const yOf = (value: number) =>
    PANEL.height - bottom - up.at(value) * (PANEL.height - top - bottom)
  const end = PANEL.width - right
  const grid = up.tens.map((ten) => {
    const y = yOf(ten).toFixed(1)
    const line = `<line x1="${left}" x2="${end}" y1="${y}" y2="${y}" stroke="#ddd"/>`
    return line + label(left - 5, Number(y) + 4, 'end', ten)
  })
  const ticks = points.map(({ size }) => label(xOf(size), PANEL.height - 12, 'middle', size))
  const places = points.map(({ size, value }) => [xOf(size).toFixed(1), yOf(value).toFixed(1)])
  const path = places.map((place) => place.join(',')).join(' ')
  const dots = places.map(([x, y], i) => {
    const exact = `<title>${points[i]!.value}</title>`
    return `<circle cx="${x}" cy="${y}" r="3" fill="#1a5fb4">${exact}</circle>`
  })
  const course = `<polyline points="${path}" fill="none" stroke="#1a5fb4" stroke-width="2"/>`
  const title = `<text x="${left}" y="18" font-weight="bold">${name}</text>`
  return [title, ...grid, ...ticks, course, ...dots].join('')
}

/** Whole tens around all values, at least so many. */
function axisOf(values: readonly number[], decadesMin: number) {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + decadesMin, Math.ceil(Math.log10(Math.max(...values))))
  const span = Math.max(high - low, 1)
  return {
    tens: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    at: (value: number) => (Math.log10(value) - low) / span,
  }
}

function label(x: number, y: number, anchor: 'end' | 'middle', value: number): string {
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`
  return `<text ${place}>${tenText(value)}</text>`
}

function tenText(value: number): string {
  const exponent = Math.log10(value)
  if (exponent >= -2 && exponent < 4) return String(Number(value.toPrecision(3)))
  return `10<tspan dy="-4" font-size="8">${Math.round(exponent)}</tspan>`
}
