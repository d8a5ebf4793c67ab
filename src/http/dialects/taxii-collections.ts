/**
 * The collections of the TAXII server: everything, and each category by itself. Their ids are
 * fixed, so that a client's settings outlive a node; titles have no dot, which one client splits
 * at.
 */
import { CATEGORY } from '../../core/codes.js'

export interface Collection {
  readonly id: string
  readonly title: string
  readonly description: string
  /** Code of CATEGORY; undefined is all of them. */
  readonly category: number | undefined
}

/** TAXII wants random UUIDs (RFC 9562 version 4); these were drawn once. */
const IDS: Readonly<Record<(typeof CATEGORY)['names'][number], string>> = {
  unspecified: '0d6b2f3e-6c35-4c7a-9a55-0d5c4e3a7b10',
  'capability-extraction': '5a0f8c41-92d7-4b1e-8f0c-6b7e2d94c3a1',
  'reasoning-extraction': 'c2e71d90-3f48-4d26-b5a9-81f60e7d2b54',
  'reward-modelling': '7f94b0d3-e1a6-4f53-93c8-2a5d8b06f7e9',
  'safety-rewrite': 'e83d5a17-04bc-4690-a7d2-f9c1b364805d',
  'account-farming': '19c6e4f2-78d0-4a3b-8e61-5d07a9b2c4f8',
  'reseller-proxy': 'a4d2907b-5e83-4c1f-b6f4-03e8d7519a2c',
  probing: '3e58f6c9-b217-4d84-9c0a-7a46d1e0f35b',
}

export const COLLECTIONS: readonly Collection[] = [
  {
    id: '91f3c7a5-2d4e-4b60-8c19-e7a05d6b3f82',
    title: 'all',
    description: 'Everything that this token may see',
    category: undefined,
  },
  ...CATEGORY.names.map((name) => ({
    id: IDS[name],
    title: name,
    description: `What is filed under ${name}`,
    category: CATEGORY.code(name),
  })),
]
