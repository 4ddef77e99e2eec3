import { CfnOutput, Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Code } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Config } from "../config/config.ts";
import { toLocationVariables } from "../config/environment.ts";
import { pluginInbound } from "../config/inbound.ts";
import { queueOutputName, TABLE_OUTPUT_NAME } from "../config/outputs.ts";
import { pluginQueueNames } from "../config/queues.ts";
import { forwardsRequests, hasJobs, servesRequests, withAllDependencies } from "../config/running.ts";
import { jobsQueue } from "../core/jobs/job.ts";
import { FAILURES } from "../core/ports/queue.ts";
import type { OwnNeed } from "../kit/need.ts";
import type { FunctionName } from "./bundle.ts";
import { ChangeStream } from "./change-stream.ts";
import { KintounFunction } from "./function.ts";
import { grantHeartbeat } from "./grants/heartbeat.ts";
import { grantNeeds, needsOf } from "./grants/needs.ts";
import { grantSearch } from "./grants/search-domain.ts";
import { ASK_FOR_JOBS, grantTable, READ_PERMISSIONS, SERVE_OBJECTS, shareSecret } from "./grants/table-use.ts";
import { KintounHttpApi } from "./http-api.ts";
import { Inbound } from "./inbound.ts";
import { requireFit } from "./limits.ts";
import { makeQueue, QUEUE_URLS } from "./queue.ts";
import { RedriveOnDeploy } from "./redrive-on-deploy.ts";
import { Schedules } from "./schedules.ts";
import { makeTable } from "./table.ts";
import { traceFunctions } from "./tracing.ts";
import { WorkerQueue } from "./worker-queue.ts";
import { deployedWorkers } from "./workers.ts";

export interface KintounStackProps {
  readonly config: Config;
  readonly code: Readonly<Record<FunctionName, Code>>;
  /** Variables that override the config, in the functions as they did at synthesis. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/** The store in AWS: `functions/`, and what they and the config's plugins need. */
export class KintounStack extends Stack {
  constructor(scope: Construct, id: string, { config, code, overrides = {} }: KintounStackProps) {
    super(scope, id, { description: "Kintoun: a JSON record store" });
    const table = makeTable(this);
    const workers = deployedWorkers(config).map((worker) => {
      const standalone = config.standalone.includes(worker.name);
      const made = new WorkerQueue(this, {
        ...worker,
        standalone,
        code: code.worker,
        table,
        overrides,
        resources: config.resources,
      });
      return { name: worker.name, queue: made.queue, dead: made.dead, made };
    });
    for (const plugin of config.plugins.filter(({ schedules }) => Object.keys(schedules).length > 0)) {
      const queue = workers.find(({ name }) => name === toJobQueueName(plugin.name))?.queue;
      if (queue !== undefined) new Schedules(this, { plugin, queue });
    }
    const inbound = pluginInbound(config.plugins);
    for (const one of inbound) {
      const worker = workers.find(({ name }) => name === one.name);
      if (worker !== undefined) new Inbound(this, { inbound: one, ...worker });
    }
    const queues = workers.map(({ queue }) => queue);
    // Changes go to the others.
    const told = workers.filter(({ name }) => !inbound.some((one) => one.name === name));
    const failures = makeQueue(this, "DispatchFailures", { name: DISPATCH_FAILURES_QUEUE, ordered: false });
    Validations.of(failures).acknowledge({
      id: "AwsSolutions-SQS3",
      reason: "It is a dead-letter queue itself: the stream's.",
    });
    const renewed = config.plugins.flatMap((plugin) =>
      pluginQueueNames(plugin).flatMap((name) => {
        const worker = workers.find((one) => one.name === name);
        return worker === undefined || plugin.version === undefined
          ? []
          : [{ ...worker, version: plugin.version, after: worker.made }];
      }),
    );
    if (config.redriveOnDeploy && renewed.length > 0) new RedriveOnDeploy(this, renewed);
    const variables = { ...overrides, ...toLocationVariables({ table: table.tableName, queues: QUEUE_URLS }) };
    // Credentials are proved, and other names of places known, wherever requests come in.
    const finding = withAllDependencies(
      config.plugins,
      config.plugins.filter((plugin) => plugin.authentication !== undefined || forwardsRequests(plugin)),
    );
    const answering = withAllDependencies(config.plugins, config.plugins.filter(servesRequests));
    const engine = searchNeedOf(config);

    const api = new KintounFunction(this, "Api", {
      name: "api",
      about: "Kintoun: answers the protocol",
      code: code.api,
      variables,
    });
    grantTable(api.role, table, [
      ...SERVE_OBJECTS,
      ...(config.plugins.some(hasJobs) ? ASK_FOR_JOBS : []),
      ...shareSecret("page_token_secret"),
    ]);
    grantHeartbeat(api.role, { queues, engine });
    // It serves all objects: what plugins may do with them, the core decides.
    const needed = needsOf(answering).filter(({ kind }) => kind !== "data");
    grantNeeds(api.role, table, needed, config.resources);

    let search: KintounFunction | undefined;
    if (engine !== undefined) {
      search = new KintounFunction(this, "Search", {
        name: "search",
        about: "Kintoun: answers searches",
        code: code.search,
        variables,
      });
      grantTable(search.role, table, READ_PERMISSIONS);
      grantSearch(search.role, engine, "ask");
      grantNeeds(search.role, table, needsOf(finding), config.resources);
    }
    const { url } = new KintounHttpApi(this, { api: api.lambda, search: search?.lambda });

    const dispatch = new KintounFunction(this, "Dispatch", {
      name: "dispatch",
      about: "Kintoun: tells changes to the listeners' queues",
      code: code.dispatch,
      variables,
    });
    dispatch.role.addToPolicy(
      new PolicyStatement({ actions: ["sqs:SendMessage"], resources: told.map(({ queue }) => queue.queueArn) }),
    );
    new ChangeStream(this, { config, table, dispatch, failures });

    if (config.observability.tracing) traceFunctions(this);

    new CfnOutput(this, "Url", { value: `${url}/v1/`, description: "Where clients find the store" });
    for (const { name, queue } of [...workers, { name: FAILURES, queue: failures }])
      new CfnOutput(this, queueOutputName(name), { value: queue.queueUrl, description: `The queue ${name}` });
    new CfnOutput(this, TABLE_OUTPUT_NAME, { value: table.tableName, description: "What is kept when the stack goes" });
    requireFit(this, overrides);
  }
}

/** What `functions/search` opens: the first that a plugin needs. */
const searchNeedOf = ({ plugins }: Config) =>
  plugins.flatMap(({ needs }) => Object.values<OwnNeed>(needs)).find((need) => need.kind === "search");
