/** What led to a change, besides its user. Stored with the object and part of its event. */
export interface Provenance {
  /** Id of the request that made the change, as in the log. Absent when no request made it. */
  readonly request_id?: string;
  /**
   * Cause chain: the plugin parts that led to the change, by queue name, the latest last. Absent for changes that a
   * user made directly.
   */
  readonly cause?: readonly string[];
  /** X-Ray trace header. Absent when nothing is traced. */
  readonly trace?: string;
  /** Whether the change is a copy from another store, which only listeners with `imports` receive. */
  readonly imported?: true;
}

/** Plugin parts that may trigger each other's changes in one chain. */
const MAX_CHAIN_LENGTH = 8;

/** Plugins trigger each other's changes in a loop. Thrown to the part that makes the change. */
class CauseChainTooLongError extends Error {
  override readonly name = "CauseChainTooLongError";
  /** A retry would make the same chain. */
  readonly permanent = true;
}

/** Throws a {@link CauseChainTooLongError} when the chain of a change, or of an outgoing message, is too long. */
export const assertChainLength = ({ cause = [] }: Provenance): void => {
  if (cause.length <= MAX_CHAIN_LENGTH) return;
  throw new CauseChainTooLongError(
    `The cause chain has ${cause.length} plugin parts; the maximum is ${MAX_CHAIN_LENGTH}: ${cause.join(" > ")}. ` +
      "Change one of these parts so that it does not listen to, or does not make, the changes of the others.",
  );
};

/**
 * Returns the provenance of changes that a plugin part makes while it handles an event.
 * @param part name of the part's queue
 */
export const extendCauseChain = (part: string, { request_id, cause = [], trace }: Provenance): Provenance => ({
  ...(request_id !== undefined && { request_id }),
  cause: [...cause, part],
  ...(trace !== undefined && { trace }),
});

/** Prefix of a part's name in a chain that came from outside. No part of this store has such a name. */
const OUTSIDE_PREFIX = "outside:";
/** Prefix of the EventBridge resource that names a part. */
const RESOURCE_PREFIX = "kintoun:cause:";
/** Message attribute that holds the cause chain: the parts' names, separated by commas. */
export const CAUSES_ATTRIBUTE = "kintoun.cause";
/** Characters of a queue name. */
const QUEUE_NAME_PATTERN = /^[\w-]{1,80}$/;
/** Parts of an incoming chain that are read. A longer chain would be refused anyway. */
const MAX_INCOMING_PARTS = 20;

/** Returns the cause chain for an outgoing message, the latest part last. Throws when it is too long for a change. */
export const toOutgoingCauses = (provenance: Provenance = {}): readonly string[] => {
  assertChainLength(provenance);
  return (provenance.cause ?? []).map((part) =>
    part.startsWith(OUTSIDE_PREFIX) ? part.slice(OUTSIDE_PREFIX.length) : part,
  );
};

/** Encodes a chain as resources of an EventBridge event, its only field besides the detail that can hold one. */
export const toEventResources = (causes: readonly string[]): string[] =>
  causes.map((part) => `${RESOURCE_PREFIX}${part}`);

/**
 * Reads the chain of an EventBridge event. Anyone who may put events can write it, so it only counts for the length of
 * the chain.
 */
export const parseEventResources = (resources: unknown): Pick<Provenance, "cause"> =>
  toOutsideCauses(
    Array.isArray(resources)
      ? resources.flatMap((resource) =>
          typeof resource === "string" && resource.startsWith(RESOURCE_PREFIX)
            ? [resource.slice(RESOURCE_PREFIX.length)]
            : [],
        )
      : [],
  );

/** Reads the chain of a message attribute, with the same limits as {@link parseEventResources}. */
export const parseCausesAttribute = (causes: string | undefined): Pick<Provenance, "cause"> =>
  toOutsideCauses(causes?.split(",") ?? []);

const toOutsideCauses = (parts: readonly string[]): Pick<Provenance, "cause"> => {
  const cause = parts.filter((part) => QUEUE_NAME_PATTERN.test(part)).slice(-MAX_INCOMING_PARTS);
  return cause.length === 0 ? {} : { cause: cause.map((part) => `${OUTSIDE_PREFIX}${part}`) };
};
