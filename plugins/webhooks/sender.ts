import type { HttpClient, Log } from "@kintoun/kit";
import { attemptDelivery } from "./attempt.ts";
import {
  addSlowAttempt,
  admitMessage,
  type Circuit,
  type CircuitState,
  getCircuitState,
  recordFailure,
  recordSuccess,
  startProbe,
} from "./circuit.ts";
import { addAttempt, type Delivery, failDelivery, holdDelivery } from "./delivery.ts";
import type { DeliveryLog } from "./delivery-log.ts";
import { getCircuit, type HookState, type HookStates, isDisabled, SecretError } from "./hook-state.ts";
import type { Hook } from "./hooks.ts";
import type { Message } from "./messages.ts";
import { createPermits } from "./permits.ts";
import type { SlowAttempts } from "./slow-attempts.ts";

/** Time after which a receiver counts as slow. */
const SLOW_MS = 1000;
/** Time that a message is held at least when others are being sent. */
const MIN_HOLD_MS = 5000;

const CROWDED = `The receiver did not respond within ${SLOW_MS / 1000} s, while many attempts were waiting for others.`;

const UNCOUNTED = "The slow attempts of webhooks could not be counted";

export interface SendContext {
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface SenderServices {
  readonly http: HttpClient;
  readonly states: HookStates;
  readonly deliveries: DeliveryLog;
  readonly slowAttempts: SlowAttempts;
  readonly now: () => number;
  readonly timeoutMs: number;
  readonly retryMs: number;
}

/** A delivery that is not finished. Times are milliseconds since 1970. */
export interface Pending {
  /** When to try again. */
  readonly at: number;
  /** When the message was handled first. */
  readonly createdAt: number;
}

/** Opens the sender, which posts messages to hooks and writes the delivery logs. */
export const openSender = ({ http, states, deliveries, slowAttempts, now, timeoutMs, retryMs }: SenderServices) => {
  const permits = createPermits(SLOW_MS);

  /** Changes the circuit. A failure must not fail the delivery: the circuit is only an aid. */
  const changeCircuit = async (hook: Hook, log: Log, update: (circuit: Circuit) => Circuit | undefined) => {
    try {
      return await states.changeCircuit(hook, update);
    } catch (error) {
      log.warn("The circuit of a webhook could not be updated", { hook: hook.id, error });
      return undefined;
    }
  };

  /** Records an attempt in the hook's circuit. @returns the circuit's state after it */
  const recordOutcome = async (
    hook: Hook,
    id: string,
    { succeeded, isProbe, before }: { succeeded: boolean; isProbe: boolean; before: Circuit },
    log: Log,
  ): Promise<CircuitState> => {
    // Most deliveries succeed on a closed circuit, and need not read it again.
    if (succeeded && recordSuccess(before, id) === undefined) return "closed";
    // Other messages may have changed the circuit since `before` was read. Only the one that opens it logs that.
    let previous = before;
    const changed = await changeCircuit(hook, log, (circuit) => {
      previous = circuit;
      return succeeded ? recordSuccess(circuit, id) : recordFailure(circuit, id, isProbe, now());
    });
    const after = changed?.circuit ?? before;
    if (changed?.isChanged && after.opened_at === null && previous.opened_at !== null)
      log.info("The circuit of a webhook is closed", { hook: hook.id });
    if (changed?.isChanged && after.opened_at !== null && previous.opened_at === null)
      log.warn("The circuit of a webhook is open: several messages failed in a row", { hook: hook.id });
    return getCircuitState(after, now());
  };

  const attempt = async (hook: Hook, message: Message, state: HookState, signal: AbortSignal, log: Log) => {
    try {
      const secrets = await states.getSecrets(hook, state);
      return await attemptDelivery(http, hook, message, { secrets, now, signal, timeoutMs });
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      log.error("A message cannot be signed", { hook: hook.id, error });
      return { outcome: "retry", status: null, error: error.message, retryAfter: 0, at: now(), ms: 0 } as const;
    }
  };

  /** Posts a message now, and records the outcome. @param retryUntil time of the latest retry */
  const post = async (
    hook: Hook,
    message: Message & Partial<Delivery>,
    state: HookState,
    { isProbe, retryUntil }: { isProbe: boolean; retryUntil: number },
    { log, signal }: SendContext,
  ): Promise<Delivery> => {
    let before = getCircuit(hook, state);
    let marking: Promise<void> | undefined;
    const crowded = new AbortController();
    const slowId = `${hook.owner}/${hook.id}/${message.id}`;
    const mark = async () => {
      const until = now() + timeoutMs - SLOW_MS;
      const [changed, isAdded] = await Promise.all([
        changeCircuit(hook, log, (one) => addSlowAttempt(one, message.id, until, now())),
        hook.bucket === undefined || slowAttempts.add({ id: slowId, bucket: hook.bucket, until }),
      ]);
      before = changed?.circuit ?? before;
      if (!isAdded) crowded.abort();
    };
    const timer = setTimeout(() => {
      marking = mark().catch((error: unknown) => log.warn(UNCOUNTED, { hook: hook.id, error }));
    }, SLOW_MS);
    const either = AbortSignal.any([signal, crowded.signal]);
    const ended = await attempt(hook, message, state, either, log).finally(() => clearTimeout(timer));
    await marking;
    // A response may have arrived before the attempt was aborted.
    const isCrowded = crowded.signal.aborted && ended.status === null;
    const result = isCrowded ? { ...ended, error: CROWDED } : ended;
    if (marking !== undefined && hook.bucket !== undefined && !isCrowded)
      // A failure must not repeat a message that was delivered. The entry ends by itself at the time limit.
      await slowAttempts.remove(slowId).catch((error: unknown) => log.warn(UNCOUNTED, { hook: hook.id, error }));
    if (result.outcome === "gone") {
      await states.disable(hook);
      log.warn("A webhook responded with 410 and is disabled", { hook: hook.id, uri: message.uri });
    }
    const succeeded = result.outcome === "delivered";
    // An attempt that this worker aborted says nothing about the receiver.
    const circuit =
      signal.aborted && !succeeded
        ? getCircuitState(before, now())
        : await recordOutcome(hook, message.id, { succeeded, isProbe, before }, log);
    const delivery = addAttempt(message, result, { retryUntil, circuit });
    await deliveries.put(hook, delivery);
    if (delivery.state === "failed")
      log.warn("A webhook did not accept a message", { hook: hook.id, delivery: message.id, error: result.error });
    return delivery;
  };

  /** Leaves a message for later. Its first hold is logged, and each that finds another state of the circuit. */
  const hold = async (
    hook: Hook,
    message: Message,
    stored: Delivery | undefined,
    { circuit, until }: { circuit: CircuitState; until: number },
  ): Promise<Pending> => {
    const held = holdDelivery(message, stored, circuit, now());
    if (held !== stored) await deliveries.put(hook, held);
    // Held messages come back one after the other, and not so often that they keep the workers busy.
    const spreadMs = Math.max(timeoutMs, (until - now()) / 2);
    return { at: until + Math.random() * spreadMs, createdAt: held.created_at ?? now() };
  };

  return {
    /**
     * Posts a message, unless it is finished, not due yet, held by the hook's circuit, or its hook is disabled. Each
     * call makes at most one attempt. A message is retried until it is older than the options allow.
     * @returns `undefined` if the delivery is finished
     */
    send: async (hook: Hook, message: Message, context: SendContext): Promise<Pending | undefined> => {
      const stored = await deliveries.get(hook, message.id);
      if (stored !== undefined && stored.state !== "pending") return undefined;
      const createdAt = stored?.created_at ?? stored?.attempts[0]?.at ?? now();
      if (stored?.not_before !== undefined && stored.not_before > now()) return { at: stored.not_before, createdAt };
      const retryUntil = createdAt + retryMs;

      const release = await permits.acquire(`${hook.owner}/${hook.id}`, context.signal);
      try {
        const state = await states.get(hook);
        if (isDisabled(hook, state) || now() > retryUntil) {
          if (stored !== undefined) await deliveries.put(hook, failDelivery(stored));
          return undefined;
        }
        const circuit = getCircuit(hook, state);
        const admission = admitMessage(circuit, now());
        const holdUntil = (until: number) =>
          hold(hook, message, stored, { circuit: getCircuitState(circuit, now()), until });
        if (admission.kind === "hold") return await holdUntil(admission.until);
        if (release === undefined) return await holdUntil(now() + MIN_HOLD_MS);
        const isProbe = admission.kind === "probe";
        if (isProbe) {
          const taken = await changeCircuit(hook, context.log, (one) => startProbe(one, now(), timeoutMs));
          if (!taken?.isChanged) return await holdUntil(now() + MIN_HOLD_MS);
        }
        const known = { ...stored, ...message, created_at: createdAt };
        const delivery = await post(hook, known, state, { isProbe, retryUntil }, context);
        return delivery.not_before === undefined ? undefined : { at: delivery.not_before, createdAt };
      } finally {
        release?.();
      }
    },

    /**
     * Posts a message once, even to a disabled hook or one with an open circuit. A delivered message stays delivered, a
     * pending one pending.
     */
    sendOnce: async (hook: Hook, message: Message & Partial<Delivery>, context: SendContext): Promise<Delivery> =>
      post(
        hook,
        message,
        await states.get(hook),
        { isProbe: true, retryUntil: message.state === "pending" ? Number.POSITIVE_INFINITY : 0 },
        context,
      ),
  };
};
