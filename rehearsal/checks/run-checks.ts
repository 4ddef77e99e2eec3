import { toError } from "../../lib/util/to-error.ts";
import { startWebhookSink } from "../../testing/webhook-sink.ts";
import type { RehearsedStore } from "../rehearse-store.ts";
import type { Check } from "./check.ts";
import { EVENT_CHECKS } from "./event-checks.ts";
import { FILE_CHECKS } from "./file-checks.ts";
import { OBJECT_CHECKS } from "./object-checks.ts";
import { SEARCH_CHECKS } from "./search-checks.ts";

/** All checks, in their order: later ones use what earlier ones have stored. */
export const CHECKS: readonly Check[] = [...OBJECT_CHECKS, ...FILE_CHECKS, ...SEARCH_CHECKS, ...EVENT_CHECKS];

export interface CheckResult {
  readonly name: string;
  /** Why it failed; `undefined` if it passed. */
  readonly failure: string | undefined;
}

const as = (account: string) => ({
  as: null,
  headers: { authorization: `Basic ${Buffer.from(`${account}:correct horse`).toString("base64")}` },
});

/** Runs checks, one after another. @param onResult called after each */
export const runChecks = async (
  store: RehearsedStore,
  checks: readonly Check[] = CHECKS,
  onResult: (result: CheckResult) => void = () => undefined,
): Promise<readonly CheckResult[]> => {
  await using sink = await startWebhookSink();
  const results: CheckResult[] = [];
  for (const { name, run } of checks) {
    const result = {
      name,
      failure: await run({ store, sink, as }).then(
        () => undefined,
        (error) => toError(error).message,
      ),
    };
    results.push(result);
    onResult(result);
  }
  return results;
};
