/**
 * STIX 2.1 as it is written and read here: the markings of the Traffic Light Protocol, and the one
 * extension that carries what the standard has no property for. Custom properties stand nowhere
 * else: strict readers refuse them at the top.
 */
import type { TLP } from '../core/codes.js'

export const EXTENSION_ID = 'extension-definition--3b1f7c9e-52d8-4f6a-8c1e-9f0d7a6b2e45'

/**
 * What the extension holds of a report. Beside it the object says confidence, `valid_until` and
 * markings in the standard's own words. Names are the codes of SURFACE.md.
 */
export interface StixClaim {
  readonly extension_type: 'property-extension'
  /** Full name of the type. */
  readonly indicator_type: string
  readonly value: string
  readonly action: string
  readonly pap: string
  readonly category: string
  readonly evidence: string
  readonly first_hand: boolean
  /** UUID. */
  readonly campaign?: string
  readonly labels?: readonly string[]
  /** PeerId of the node that signed it. */
  readonly author: string
}

/** Of a sighting: its bucket, like `5-19`. */
export interface StixSighting {
  readonly extension_type: 'property-extension'
  readonly count: string
}

/** Of an opinion: why it dissents, a reason of a dispute. */
export interface StixOpinion {
  readonly extension_type: 'property-extension'
  readonly reason: string
}

/**
 * The markings that STIX 2.1 itself defines (§7.2.1.4), which every reader knows. AMBER+STRICT and
 * RED are in no export.
 */
export const TLP_MARKINGS = {
  clear: { id: 'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9', tlp: 'white' },
  green: { id: 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da', tlp: 'green' },
  amber: { id: 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82', tlp: 'amber' },
} as const

/**
 * The level behind the id of a marking, of all that are in use: STIX 2.1's own, those of TLP 2.0
 * (OASIS extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d), and OpenCTI's AMBER+STRICT.
 */
export const TLP_BY_MARKING: ReadonlyMap<string, (typeof TLP)['names'][number]> = new Map([
  ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9', 'clear'],
  ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da', 'green'],
  ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82', 'amber'],
  ['marking-definition--826578e1-40ad-459f-bc73-ede076f81f37', 'amber+strict'],
  ['marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed', 'red'],
  ['marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487', 'clear'],
  ['marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb', 'green'],
  ['marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421', 'amber'],
  ['marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003', 'amber+strict'],
  ['marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1', 'red'],
])
