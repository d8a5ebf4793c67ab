/**
 * Which of our own live reports a bulk revocation means: said since a time, with a token, for a
 * campaign, of a type. Everything that is named must hold of a report.
 */
import type { Claim } from './claims.js'
import { typesNamed } from './indicator.js'
import { failed, fine, type InputCode, type Result } from './outcome.js'
import type { SelectionItem } from './ports.js'
import { campaignOf, parseDuration, parseInstant } from './request.js'

export interface Selection {
  /** Milliseconds since 1970 UTC, by the envelope's time. */
  readonly sinceMs?: number
  readonly token?: string
  /** 16 bytes in hex. */
  readonly campaign?: string
  readonly types?: readonly number[]
}

export function selectionOf(item: SelectionItem, now: number): Result<Selection, InputCode> {
  const { since, token, campaign, type } = item
  const sinceMs = since === undefined ? undefined : timeBackOf(since, now)
  if (since !== undefined && sinceMs === undefined) return failed('since-malformed')
  const hex = campaignOf(campaign)
  if (!hex.ok) return hex
  const types = type === undefined ? undefined : typesNamed(type).map(({ code }) => code)
  if (types?.length === 0) return failed('type-unknown')
  const selection: Selection = {
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(token === undefined ? {} : { token }),
    ...(hex.value === null ? {} : { campaign: hex.value }),
    ...(types === undefined ? {} : { types }),
  }
  return Object.keys(selection).length === 0 ? failed('selection-empty') : fine(selection)
}

/** A moment gone by, as an ISO 8601 time with its zone or a duration before now; milliseconds. */
export function timeBackOf(text: string, now: number): number | undefined {
  const agoMs = parseDuration(text)
  return agoMs === undefined ? parseInstant(text) : now - agoMs
}

/** Whether a report is meant; who made it (`token`) is not in the report and asked elsewhere. */
export function isSelected(selection: Selection, { report, envelope }: Claim): boolean {
  const { sinceMs, campaign, types } = selection
  return (
    (sinceMs === undefined || envelope.time >= sinceMs) &&
    (campaign === undefined || report.campaign === campaign) &&
    (types === undefined || types.includes(report.type))
  )
}
