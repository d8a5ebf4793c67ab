/**
 * All that a blocked party is ever shown, whatever the reason and whoever reported it: a reply that
 * differed would tell it what it was recognised by.
 */
export const REFUSAL = 'This request was declined.'
