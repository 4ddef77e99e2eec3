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

const PASSWORD = "correct horse";

const as = (account: string) => ({
  as: null,
  headers: { authorization: `Basic ${Buffer.from(`${account}:${PASSWORD}`).toString("base64")}` },
});

/** Runs checks, one after another. @param onResult called after each */
export const runChecks = async (
  store: RehearsedStore,
  checks: readonly Check[] = CHECKS,
  onResult: (result: CheckResult) => void = () => undefined,
): Promise<readonly CheckResult[]> => {
  await using sink = await startWebhookSink();
  const results: CheckResult[] = [];
  await createAccounts(store);
  const capabilities = await readCapabilities(store);
  for (const { name, run, needs } of checks) {
    if (needs !== undefined && capabilities?.includes(needs) === false) continue;
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

/** The capabilities of the store; `undefined` if it does not say. */
const readCapabilities = async ({ client }: RehearsedStore): Promise<readonly string[] | undefined> => {
  const { body } = await client.get("/", { as: null });
  return body?.capabilities === undefined ? undefined : Object.keys(body.capabilities);
};

/**
 * Creates the accounts of the checks that are missing, by the function for operators, if there is one. Others let anyone
 * register. What fails is a finding.
 */
const createAccounts = async ({ account, client }: RehearsedStore): Promise<void> => {
  const commands = [...account.functions.values()].find(({ lambda }) => /^Commands/.test(lambda.options.logicalId));
  for (const id of commands === undefined ? [] : ["alice", "bob"]) {
    const { body } = await client.get("/", as(id));
    if (body?.user?.id === `account:${id}`) continue;
    const event = { command: "accounts create", flags: { id, password: PASSWORD } };
    await commands?.lambda.invoke(event).catch(() => undefined);
  }
};
