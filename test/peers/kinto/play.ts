import { compare, type Difference } from "./compare.ts";
import { isAllowed, partsWays } from "./differences.ts";
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
  const sides = [pair.kinto, pair.kintoun].map((origin) => ({ teller: new Teller(origin, world), normaliser: new Normaliser() }));
  for (const [place, step] of story.entries()) {
    const told = await Promise.all(
      sides.map(async ({ teller, normaliser }) => {
        const exchange = await teller.tell(step);
        return [exchange, ...exchange.parts].map((each) => ({ ...each, answer: normaliser.normalise(each, teller.made) }));
      }),
    );
    const [kinto = [], kintoun = []] = told;
    const discord = kinto.length === kintoun.length ? firstDiscord(step, kinto, kintoun) : between(step, kinto[0] as Exchange, kintoun[0] as Exchange);
    if (discord !== undefined) return { sent: place + 1, discord };
    if (kinto.some((exchange, part) => drift(exchange, kintoun[part] ?? exchange))) return { sent: place + 1 };
  }
  return { sent: story.length };
};

/** Leaves nothing of the stories told so far. */
export const forget = async (pair: Pair): Promise<void> => {
  for (const origin of [pair.kinto, pair.kintoun]) await fetch(`${origin}/v1/__flush__`, { method: "POST" });
};

const firstDiscord = (step: Step, kinto: readonly Exchange[], kintoun: readonly Exchange[]): Discord | undefined => {
  // The whole of a batch says the same as its parts, less clearly.
  const parts = kinto.length > 1 ? kinto.slice(1) : kinto;
  const others = kintoun.length > 1 ? kintoun.slice(1) : kintoun;
  for (const [place, exchange] of parts.entries()) {
    const found = between(step, exchange, others[place] as Exchange);
    if (found !== undefined) return found;
  }
  return undefined;
};

const between = (step: Step, { sent, answer: kinto }: Exchange, { answer: kintoun }: Exchange): Discord | undefined => {
  const differences = compare(kinto, kintoun).filter((difference) => !isAllowed({ difference, sent, kinto, kintoun }));
  return differences.length === 0 ? undefined : { step, sent, kinto, kintoun, differences };
};

/** Whether one of the two may have written, or shown, what the other did not; after an error nobody knows what was. */
const drift = ({ sent, answer: kinto }: Exchange, { answer: kintoun }: Exchange): boolean =>
  kinto.status >= 500 ||
  kinto.status !== kintoun.status ||
  (kinto.headers.etag !== kintoun.headers.etag && !placeOf(sent.path).endsWith("/permissions")) ||
  partsWays(sent, kinto);
