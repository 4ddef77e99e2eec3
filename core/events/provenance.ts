/** What a change came of, beside its user: kept with the object, and told by its event. */
export interface Provenance {
  /** The request that made it, as the log names it; absent for what no request made. */
  readonly request_id?: string;
  /** What plugins' parts led to it, by the names of their queues, the one that made it last; absent for what nobody but its user did. */
  readonly cause?: readonly string[];
  /** The trace that it is part of, as X-Ray's header has it; absent where nothing is traced. */
  readonly trace?: string;
}

/** Parts of plugins that may cause each other's changes, one after the other. */
const DEEPEST = 8;

/** Plugins would go on causing what each other hear; who makes this one gets the error. */
export class EndlessChain extends Error {
  override readonly name = "EndlessChain";
  /** Another try would make the same chain. */
  readonly forGood = true;
}

/** Throws where a change, or what is told to others, would be one too many in a chain that plugins cause. */
export const requireEnd = ({ cause = [] }: Provenance): void => {
  if (cause.length <= DEEPEST) return;
  throw new EndlessChain(
    `Refused: ${cause.length} parts of plugins would have caused this one after the other, and ${DEEPEST} may: ${cause.join(" > ")}. Let one of them not hear, or not make, what the others make.`,
  );
};

/** What comes of a change that a part of a plugin makes when it has heard of another. @param part its queue's name */
export const causedBy = (part: string, { request_id, cause = [], trace }: Provenance): Provenance => ({
  ...(request_id !== undefined && { request_id }),
  cause: [...cause, part],
  ...(trace !== undefined && { trace }),
});
