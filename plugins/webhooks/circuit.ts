/**
 * The circuit breaker of a hook. It is closed until several messages fail in a row. While it is open, no message is
 * sent. After a pause it is half-open: one message at a time is a probe, and its outcome closes or opens the circuit.
 * All workers share it, so it is data, and each function returns a new one. Times are milliseconds since 1970.
 */
export interface Circuit {
  /** The hook's URL. The circuit of another URL is not used. */
  readonly url: string;
  /** Messages that have failed since the last success. */
  readonly failed: readonly string[];
  /** Since when it is not closed; `null` if it is closed. */
  readonly opened_at: number | null;
  /** When the next probe may be made. */
  readonly probe_at: number;
  /** Whether a probe is running. */
  readonly probing: boolean;
  /** Number of failed probes. */
  readonly failed_probes: number;
  /** Attempts that wait for a response for long, and when they time out. */
  readonly slow: readonly { readonly id: string; readonly until: number }[];
}

export type CircuitState = "closed" | "open" | "half-open";

/** Number of different messages that fail in a row until the circuit opens. */
const MAX_FAILED_MESSAGES = 5;
/** Number of slow attempts at a time, by all workers. */
const MAX_SLOW_ATTEMPTS = 5;
const MIN_PAUSE_MS = 30_000;
const MAX_PAUSE_MS = 300_000;
/** Time that a probe may take in addition to its timeout, before another one is made. */
const PROBE_GRACE_MS = 5000;
/** Time between two looks at a hook whose receiver is slow. */
const SLOW_PAUSE_MS = 5000;

export const createCircuit = (url: string): Circuit => ({
  url,
  failed: [],
  opened_at: null,
  probe_at: 0,
  probing: false,
  failed_probes: 0,
  slow: [],
});

export const getCircuitState = ({ opened_at, probe_at, probing }: Circuit, now: number): CircuitState =>
  opened_at === null ? "closed" : probing || probe_at <= now ? "half-open" : "open";

/** Whether a message may be sent now: as usual, as a probe, or only after `until`. */
export type Admission = { readonly kind: "send" | "probe" } | { readonly kind: "hold"; readonly until: number };

export const admitMessage = ({ opened_at, probe_at, slow }: Circuit, now: number): Admission => {
  if (opened_at !== null) return probe_at <= now ? { kind: "probe" } : { kind: "hold", until: probe_at };
  const isBusy = slow.filter(({ until }) => until > now).length >= MAX_SLOW_ATTEMPTS;
  return isBusy ? { kind: "hold", until: now + SLOW_PAUSE_MS } : { kind: "send" };
};

/** Takes the probe. If its worker ends without an outcome, another probe follows. @returns `undefined` if it is taken */
export const startProbe = (circuit: Circuit, now: number, timeoutMs: number): Circuit | undefined =>
  admitMessage(circuit, now).kind === "probe"
    ? { ...circuit, probing: true, probe_at: now + timeoutMs + PROBE_GRACE_MS }
    : undefined;

/** Adds an attempt that is slow. */
export const addSlowAttempt = (circuit: Circuit, id: string, until: number, now: number): Circuit => ({
  ...circuit,
  slow: [...circuit.slow.filter((one) => one.until > now && one.id !== id), { id, until }].slice(-MAX_SLOW_ATTEMPTS),
});

/** @returns the closed circuit; `undefined` if nothing changes */
export const recordSuccess = (circuit: Circuit, id: string): Circuit | undefined => {
  const slow = circuit.slow.filter((one) => one.id !== id);
  const isUnchanged = circuit.opened_at === null && circuit.failed.length === 0 && slow.length === circuit.slow.length;
  return isUnchanged ? undefined : { ...createCircuit(circuit.url), slow };
};

/**
 * @param isProbe whether the attempt was a probe. Others began before the circuit opened, and do not count.
 * @returns `undefined` if nothing changes
 */
export const recordFailure = (circuit: Circuit, id: string, isProbe: boolean, now: number): Circuit | undefined => {
  const slow = circuit.slow.filter((one) => one.id !== id);
  if (circuit.opened_at !== null && !isProbe)
    return slow.length === circuit.slow.length ? undefined : { ...circuit, slow };
  const failed = [...circuit.failed.filter((one) => one !== id), id].slice(-MAX_FAILED_MESSAGES);
  const isClosed = circuit.opened_at === null && failed.length < MAX_FAILED_MESSAGES;
  if (isClosed) return { ...circuit, failed, slow };
  const failedProbes = circuit.opened_at === null ? 0 : circuit.failed_probes + 1;
  return {
    ...circuit,
    failed,
    slow,
    opened_at: circuit.opened_at ?? now,
    probing: false,
    failed_probes: failedProbes,
    probe_at: now + Math.min(MIN_PAUSE_MS * 2 ** failedProbes, MAX_PAUSE_MS),
  };
};
