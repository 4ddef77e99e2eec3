import { compareAnswers, type Difference } from "./compare.ts";
import { isAllowed, isWrite, mayStoreDifferently } from "./differences.ts";
import { AnswerNormalizer } from "./normalize.ts";
import { pathOnly, type Scenario, type Step } from "./scenario.ts";
import { type Answer, type Exchange, ScenarioClient, type Sent } from "./scenario-client.ts";

/** Two answers to one request that differ in a way that is not allowed. */
export interface Mismatch {
  readonly step: Step;
  /** The request as Kinto received it; for a batch, the part of it. */
  readonly sent: Sent;
  readonly kinto: Answer;
  readonly kintoun: Answer;
  readonly differences: readonly Difference[];
}

/** The roots of the two servers. */
export interface ServerPair {
  readonly kinto: string;
  readonly kintoun: string;
  readonly hasAccounts: boolean;
}

/** The number of requests that were sent, and the mismatch that ended the scenario, if any. */
export interface ScenarioResult {
  readonly sent: number;
  readonly mismatch?: Mismatch;
}

let scenarioCount = 0;

/** Sends the scenario to both servers. Stops at the first mismatch, or when the stored states may differ. */
export const runScenario = async (pair: ServerPair, scenario: Scenario): Promise<ScenarioResult> => {
  const scenarioNumber = ++scenarioCount;
  const sides = [pair.kinto, pair.kintoun].map((origin) => ({
    client: new ScenarioClient(origin, scenarioNumber, pair.hasAccounts),
    normalizer: new AnswerNormalizer(),
  }));
  const before: Sent[] = [];
  for (const [index, step] of scenario.entries()) {
    const exchanges = await Promise.all(
      sides.map(async ({ client, normalizer }) => {
        const exchange = await client.send(step);
        return [exchange, ...exchange.parts].map((each) => ({
          ...each,
          answer: normalizer.normalize(each, client.generatedIds),
        }));
      }),
    );
    const { mismatch, ends } = compareExchanges(step, exchanges[0] ?? [], exchanges[1] ?? [], before);
    if (mismatch !== undefined) return { sent: index + 1, mismatch };
    if (ends) return { sent: index + 1 };
  }
  return { sent: scenario.length };
};

/** Deletes everything that earlier scenarios stored. */
export const flushBoth = async (pair: ServerPair): Promise<void> => {
  for (const origin of [pair.kinto, pair.kintoun]) await fetch(`${origin}/v1/__flush__`, { method: "POST" });
};

/**
 * Finds the first mismatch between both servers' answers to a step. `ends` is true when the stored states may differ
 * from here on although no answer was wrong. Adds the requests that were sent to `before`.
 */
const compareExchanges = (
  step: Step,
  kinto: readonly Exchange[],
  kintoun: readonly Exchange[],
  before: Sent[],
): { readonly mismatch?: Mismatch; readonly ends: boolean } => {
  // A batch is compared part by part.
  const from = kinto.length > 1 && kinto.length === kintoun.length ? 1 : 0;
  const parts = from === 1 ? kinto.slice(1) : kinto.slice(0, 1);
  const earlier: Sent[] = [];
  for (const [index, one] of parts.entries()) {
    const other = kintoun[from + index] as Exchange;
    const all = compareAnswers(one.answer, other.answer);
    const seen = { sent: one.sent, kinto: one.answer, kintoun: other.answer };
    const differences = all.filter((difference) => !isAllowed({ ...seen, difference, earlier, before }));
    if (differences.length > 0) return { mismatch: { ...seen, step, differences }, ends: true };
    if (statesMayDiffer(one, other, all)) return { ends: true };
    earlier.push(one.sent);
    before.push(one.sent);
  }
  return { ends: false };
};

/** Answers about what is stored elsewhere, or hidden by design. */
const OTHER_RESOURCES = /\/(permissions|history|snapshot\/.*|accounts(\/[^/]*)?)$/;

/** Returns whether the stored states may differ after these answers. After a server error they are unknown. */
const statesMayDiffer = (
  { sent, answer: kinto }: Exchange,
  { answer: kintoun }: Exchange,
  differences: readonly Difference[],
): boolean =>
  kinto.status >= 500 ||
  kinto.status !== kintoun.status ||
  (kinto.headers.etag !== kintoun.headers.etag && !OTHER_RESOURCES.test(pathOnly(sent.path))) ||
  (kinto.status < 300 &&
    !OTHER_RESOURCES.test(pathOnly(sent.path)) &&
    differences.some(({ where }) => (isWrite(sent) ? /^body\b/ : /^body\.permissions\b/).test(where))) ||
  mayStoreDifferently(sent, kinto);
