/** Seconds that parts may take, unless they say so themselves. */
export const DEFAULT_TIMEOUT_SECONDS = { hook: 2, point: 10, route: 20 } as const;
