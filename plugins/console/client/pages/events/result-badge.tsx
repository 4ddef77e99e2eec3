import { Badge, type Tone } from "../../components/index.ts";
import type { Result } from "./events.ts";

const TONES = {
  delivered: "good",
  dead: "bad",
  failed: "warning",
  postponed: "warning",
  waiting: "neutral",
  unknown: "neutral",
} as const satisfies Record<Result, Tone>;

/** A result in words, and how often. The color says nothing that the word does not. */
export const ResultBadge = ({ result, count }: { readonly result: Result; readonly count?: number }) => (
  <Badge tone={TONES[result]}>{count === undefined ? result : `${count} ${result}`}</Badge>
);
