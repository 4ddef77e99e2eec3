import { compare, type Difference } from "./compare.ts";
import { isAllowed, isWrite, partsWays } from "./differences.ts";
import { Normaliser } from "./normalise.ts";
import { placeOf, type Step, type Story } from "./story.ts";
import { type Answer, type Exchange, type Sent, Teller } from "./teller.ts";

/** Two answers to one request of a story that differ, and are not allowed to. */
export interface Discord {
  readonly step: Step;
  /** As Kinto was asked; of a batch, the request in it. */
  readonly sent: Sent;
  readonly kinto: Answer;
  readonly kintoun: Answer;
  readonly differences: readonly Difference[];
}

/** The roots of the two servers. */
export interface Pair {
  readonly kinto: string;
  readonly kintoun: string;
}

/** How a story went: as many requests as were sent, and where it ended before its end. */
export interface Played {
  readonly sent: number;
  readonly discord?: Discord;
}

let worlds = 0;

/** Tells both servers the story, up to the first answers that differ unexplained, or after which what they store differs. */
export const play = async (pair: Pair, story: Story): Promise<Played> => {
  const world = ++worlds;
  const sides = [pair.kinto, pair.kintoun].map((origin) => ({
    teller: new Teller(origin, world),
    normaliser: new Normaliser(),
  }));
  const before: Sent[] = [];
  for (const [place, step] of story.entries()) {
    const told = await Promise.all(
      sides.map(async ({ teller, normaliser }) => {
        const exchange = await teller.tell(step);
        return [exchange, ...exchange.parts].map((each) => ({
          ...each,
          answer: normaliser.normalise(each, teller.made),
        }));
      }),
    );
    const { discord, ends } = judge(step, told[0] ?? [], told[1] ?? [], before);
    if (discord !== undefined) return { sent: place + 1, discord };
    if (ends) return { sent: place + 1 };
  }
  return { sent: story.length };
};

/** Leaves nothing of the stories told so far. */
export const forget = async (pair: Pair): Promise<void> => {
  for (const origin of [pair.kinto, pair.kintoun]) await fetch(`${origin}/v1/__flush__`, { method: "POST" });
};

/** What differs first of what both answered to a step; `ends`, when from there on what they store may differ, and nothing was wrong. Adds what was sent to `before`. */
const judge = (
  step: Step,
  kinto: readonly Exchange[],
  kintoun: readonly Exchange[],
  before: Sent[],
): { readonly discord?: Discord; readonly ends: boolean } => {
  // The whole of a batch says the same as its parts, less clearly.
  const from = kinto.length > 1 && kinto.length === kintoun.length ? 1 : 0;
  const parts = from === 1 ? kinto.slice(1) : kinto.slice(0, 1);
  const earlier: Sent[] = [];
  for (const [place, one] of parts.entries()) {
    const other = kintoun[from + place] as Exchange;
    const all = compare(one.answer, other.answer);
    const seen = { sent: one.sent, kinto: one.answer, kintoun: other.answer };
    const differences = all.filter((difference) => !isAllowed({ ...seen, difference, earlier, before }));
    if (differences.length > 0) return { discord: { ...seen, step, differences }, ends: true };
    if (drift(one, other, all)) return { ends: true };
    earlier.push(one.sent);
    before.push(one.sent);
  }
  return { ends: false };
};

/** Whether one of the two may have written, or shown, what the other did not; after an error nobody knows what was. */
const drift = (
  { sent, answer: kinto }: Exchange,
  { answer: kintoun }: Exchange,
  differences: readonly Difference[],
): boolean =>
  kinto.status >= 500 ||
  kinto.status !== kintoun.status ||
  (kinto.headers.etag !== kintoun.headers.etag && !placeOf(sent.path).endsWith("/permissions")) ||
  (kinto.status < 300 &&
    differences.some(({ where }) => (isWrite(sent) ? /^body\b/ : /^body\.permissions\b/).test(where))) ||
  partsWays(sent, kinto);
