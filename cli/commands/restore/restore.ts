import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Finding } from "../../../config/finding.ts";
import { loadConfig } from "../../../config/load-config.ts";
import { findSearchOwner } from "../../../config/plugin-placement.ts";
import { UserError } from "../../../config/user-error.ts";
import { examineApi, examineStore } from "../../../operations/doctor/examine-store.ts";
import { examineTable } from "../../../operations/doctor/examine-table.ts";
import {
  awaitTable,
  completeTable,
  findTable,
  type RestoreContext,
  requireRestorable,
  startRestore,
} from "../../../operations/restore-table.ts";
import { confirm } from "../../confirm.ts";
import { type ConnectedStore, connect } from "../../connect.ts";
import { commandLog, print, printNotice } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";

interface RestoreOptions {
  readonly stack?: string | undefined;
  /** Epoch ms. */
  readonly time?: number | undefined;
  readonly table?: string | undefined;
  readonly yes?: boolean;
}

/** Runs `kintoun restore`. Each step looks at what is there, so that the command can be run again after any of them. */
export const runRestore = async ({ stack, time, table, yes = false }: RestoreOptions): Promise<void> => {
  if (stack === undefined && table === undefined)
    throw new UserError(["Give --stack with the name of the stack whose table is restored, or --table to check one."]);
  await runUntilDone(async (signal) => {
    const client = new DynamoDBClient({});
    const context: RestoreContext = { client, signal, onWait: (status) => printNotice(`The table is ${status} …`) };
    try {
      if (stack === undefined) return await checkTable(context, table ?? "");
      await restoreStack(context, stack, { time, table, yes });
    } finally {
      client.destroy();
    }
  });
};

const restoreStack = async (
  context: RestoreContext,
  stack: string,
  { time, table, yes }: Omit<RestoreOptions, "stack">,
): Promise<void> => {
  const { client } = context;
  const config = await loadConfig({ isDeployed: true });
  const store = await connect({ config, target: { kind: "stack", name: stack }, queues: [], log: commandLog });
  try {
    const current = store.appOptions.location.table;
    if (table === current) return await checkDeployed(store, table, findSearchOwner(config.plugins)?.need, stack);
    const target = table ?? nameAfter(current, time);
    if ((await findTable(client, target)) === undefined) {
      const source = await findTable(client, current);
      if (source === undefined) throw new UserError([`The table ${current} of the stack does not exist.`]);
      if (time === undefined)
        throw new UserError([`There is no table ${target}. Give --time to restore ${current} to it.`]);
      requireRestorable(current, source, time, Date.now());
      const at = new Date(time).toISOString();
      if (!yes)
        await confirm(`Restore ${current} as of ${at} to the new table ${target}?`, {
          refusal: "Nothing was restored.",
        });
      await startRestore(client, current, target, time);
      print(`1. Started to restore ${current} as of ${at} to ${target}.`);
    } else print(`1. The table ${target} exists.`);
    if ((await awaitTable(context, target)) === undefined)
      return printNotice(`Stopped. Continue with: kintoun restore --stack ${stack} --table ${target}`);
    print(`2. ${target} is ACTIVE.`);
    await checkTable(context, target);
    await requireUsable(store, target);
    print(`4. The objects of ${target} can be read.`);
    print(
      [
        `5. Now let the stack use it, and stop writes to the old table by it:`,
        `     KINTOUN_DEPLOY_TABLE=${target} npx cdk deploy ${stack}`,
        `   Then check it: kintoun restore --stack ${stack} --table ${target}`,
      ].join("\n"),
    );
  } finally {
    await store.close();
  }
};

/** The name of the restored table: the same in each run for the same time. */
const nameAfter = (table: string, time: number | undefined): string => {
  if (time === undefined) throw new UserError(["Give --time with the time before the damage, or --table to continue."]);
  const at = new Date(time).toISOString().replace(/\D/g, "").slice(0, 12);
  return `${table.replace(/-restored-\d+$/, "")}-restored-${at}`;
};

/** Switches on what a table lacks. */
const checkTable = async (context: RestoreContext, table: string): Promise<void> => {
  if ((await findTable(context.client, table)) === undefined) throw new UserError([`There is no table ${table}.`]);
  const state = await completeTable(context, table);
  if (state === undefined) return;
  requireNoErrors(examineTable(table, state));
  print(`3. ${table} has its stream, time to live, deletion protection and point-in-time recovery.`);
};

const requireUsable = async ({ appOptions }: ConnectedStore, table: string): Promise<void> =>
  requireNoErrors(await examineStore({ ...appOptions, location: { ...appOptions.location, table } }));

const requireNoErrors = (findings: readonly Finding[]): void => {
  const serious = findings.filter(({ severity }) => severity !== "note");
  if (serious.length > 0) throw new UserError(serious.map(({ message, action }) => `${message} ${action}`));
};

const checkDeployed = async (
  store: ConnectedStore,
  table: string,
  search: { readonly domain?: string | undefined; readonly serverless?: unknown } | undefined,
  stack: string,
): Promise<void> => {
  await requireUsable(store, table);
  if (store.url !== undefined) requireNoErrors(await examineApi(store.url));
  print(`6. The stack ${stack} uses ${table}, and its functions can use it.`);
  if (search?.domain !== undefined || search?.serverless !== undefined)
    print(`7. Rebuild the search indexes: kintoun search reindex --all --stack ${stack}`);
  print(
    "Clients that sync with _since must sync again from the start, since timestamps after the restored time are gone.",
  );
};
