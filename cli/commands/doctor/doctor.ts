import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Config } from "../../../config/config.ts";
import { examineConfig } from "../../../config/examine-config.ts";
import { type Finding, type Severity, sortFindings } from "../../../config/finding.ts";
import { loadConfig } from "../../../config/load-config.ts";
import { queueConfigs } from "../../../config/queues.ts";
import { DISPATCH_FAILURES_QUEUE } from "../../../core/ports/queue.ts";
import { examineApi, examineQueues, examineStore } from "../../../operations/doctor/examine-store.ts";
import { examineTable, readTableState } from "../../../operations/doctor/examine-table.ts";
import { reportQueues } from "../../../operations/queue-report.ts";
import { type ConnectedStore, connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions, type StoreTarget } from "../../options.ts";
import { commandLog, formatColumns, formatCount, print } from "../../output.ts";
import { runUntilDone, toUserError } from "../../run-process.ts";
import { createAgeReader } from "../queues/message-ages.ts";

/** Exit codes by the most severe finding. */
const EXIT_CODES: Readonly<Record<Severity, number>> = { note: 0, warning: 3, error: 4 };

/** Runs `kintoun doctor`. */
export const runDoctor = async (options: StoreOptions & { readonly json?: boolean }): Promise<void> => {
  const target = readStoreTarget(options);
  await runUntilDone(async () => {
    const findings = sortFindings(await examine(target));
    print(options.json ? JSON.stringify(findings, null, 2) : formatFindings(findings));
    process.exitCode = EXIT_CODES[findings[0]?.severity ?? "note"];
  });
};

const examine = async (target: StoreTarget): Promise<readonly Finding[]> => {
  const isRemote = target.kind === "stack";
  let config: Config;
  try {
    config = await loadConfig({ isDeployed: isRemote });
  } catch (error) {
    return toFindings("configuration", error, "Correct kintoun.config.ts or the variable that is named.");
  }
  const found = [...examineConfig(config, isRemote)];
  let store: ConnectedStore;
  try {
    store = await connect({ config, target, queues: queueNames(config), log: commandLog });
  } catch (error) {
    return [...found, ...toFindings("connection", error, "")];
  }
  try {
    const checks: Readonly<Record<string, () => Promise<readonly Finding[]>>> = {
      table: () => examineStore(store.appOptions),
      "table settings": async () => (isRemote ? examineTableOf(store) : []),
      queues: () => examineQueuesOf(config, store),
      API: async () => (store.url === undefined ? [notRunning(store)] : examineApi(store.url)),
    };
    for (const [name, check] of Object.entries(checks)) {
      try {
        found.push(...(await check()));
      } catch (error) {
        found.push(...toFindings(name, error, ""));
      }
    }
    return found;
  } finally {
    await store.close();
  }
};

const queueNames = (config: Config): readonly string[] => [
  ...queueConfigs(config).map(({ name }) => name),
  DISPATCH_FAILURES_QUEUE,
];

const examineTableOf = async ({ appOptions }: ConnectedStore): Promise<readonly Finding[]> => {
  const client = new DynamoDBClient(appOptions.cloud.dynamodb ?? {});
  const { table } = appOptions.location;
  try {
    return examineTable(table, await readTableState(client, table));
  } finally {
    client.destroy();
  }
};

const examineQueuesOf = async (config: Config, store: ConnectedStore): Promise<readonly Finding[]> => {
  const names = queueNames(config);
  const { queues } = store.appOptions.location;
  return examineQueues(await reportQueues(store.sqs, names, queues, createAgeReader(store, names)));
};

const notRunning = ({ description }: ConnectedStore): Finding => ({
  severity: "note",
  check: "API",
  message: `Nothing was asked of the API: ${description}.`,
  action: "",
});

const toFindings = (check: string, error: unknown, action: string): readonly Finding[] => {
  const [message = "", ...advice] = toUserError(error).lines;
  return [{ severity: "error", check, message, action: advice.join(" ") || action }];
};

/** A line for each finding, and below it what to do. */
const formatFindings = (findings: readonly Finding[]): string => {
  const rows = findings.flatMap(({ severity, check, message, action }) => [
    [severity, check, message],
    ...(action === "" ? [] : [["", "", `-> ${action}`]]),
  ]);
  const count = (wanted: Severity) =>
    formatCount(findings.filter(({ severity }) => severity === wanted).length, wanted);
  const summary = `${count("error")}, ${count("warning")}, ${count("note")}`;
  return [formatColumns([["severity", "check", "finding"], ...rows]), "", summary].join("\n");
};
