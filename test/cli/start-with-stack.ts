import { queueOutputName } from "../../config/queues.ts";
import { findRunningCloud, type RunningCloud } from "../../local/running-cloud.ts";
import { startCloudFormation } from "./cloud-formation.ts";
import { type Started, startedKintoun } from "./start-kintoun.ts";

/** A store that runs on a data folder, and that commands also reach as a stack with any name. */
interface StoreWithStack {
  readonly started: Started;
  readonly running: RunningCloud;
  readonly cloudFormation: Awaited<ReturnType<typeof startCloudFormation>>;
  /** The variables of commands with `--stack`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Outputs of the stack; more can be added. */
  readonly outputs: Map<string, string>;
}

export const startWithStack = async (folder: string): Promise<StoreWithStack> => {
  const outputs = new Map<string, string>();
  const cloudFormation = await startCloudFormation(outputs);
  const started = await startedKintoun(["--port", "0", "--data", folder]);
  const running = findRunningCloud(folder);
  if (running === undefined) throw new Error("The store does not run");
  outputs.set("TableName", running.table);
  for (const [name, url] of Object.entries(running.queues)) outputs.set(queueOutputName(name), url);
  const variables = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "here",
    AWS_SECRET_ACCESS_KEY: "here",
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
    AWS_ENDPOINT_URL_SQS: String(running.cloud.sqs?.endpoint),
    AWS_ENDPOINT_URL_DYNAMODB: String(running.cloud.dynamodb?.endpoint),
  };
  return { started, running, cloudFormation, variables, outputs };
};
