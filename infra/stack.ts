import { CfnOutput, Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Code } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Config } from "../config/config.ts";
import { ownQueueNames, pluginInbound } from "../config/listeners.ts";
import {
  findReaders,
  findSearchOwner,
  handlesSearches,
  hasJobs,
  keepsVersions,
  servesRequests,
  servesSearches,
  withAllDependencies,
} from "../config/plugin-placement.ts";
import {
  FILES_OUTPUT_NAME,
  pluginQueueNames,
  queueOutputName,
  TABLE_OUTPUT_NAME,
  URL_OUTPUT_NAME,
} from "../config/queues.ts";
import { formatPairs, toLocationVariables } from "../config/store-location.ts";
import { toJobQueueName } from "../core/jobs/job.ts";
import { DISPATCH_FAILURES_QUEUE } from "../core/ports/queue.ts";
import type { FunctionName } from "./bundle.ts";
import { DeployCalls } from "./deploy-calls.ts";
import { KintounFunction, traceFunctions } from "./function.ts";
import { grantHealthChecks, grantNeeds, needsOf } from "./grants/needs.ts";
import { grantSearch } from "./grants/search.ts";
import {
  CREATE_JOBS,
  grantTable,
  KEEP_VERSIONS,
  READ_VERSIONS,
  readOrCreateSecret,
  SERVE_OBJECTS,
  SERVE_SEARCHES,
  WRITE_HEARTBEAT,
} from "./grants/table.ts";
import { KintounHttpApi } from "./http-api.ts";
import { Inbound } from "./inbound.ts";
import { IndexCopies, usesEmbeddedSearch } from "./index-copies.ts";
import { checkLimits } from "./limits.ts";
import { createPluginFiles } from "./plugin-files.ts";
import { makeDeadLetterQueue, QUEUE_URL_PREFIX } from "./queue.ts";
import { redriveOnDeploy } from "./redrive-on-deploy.ts";
import { Schedules } from "./schedules.ts";
import { findSearchEndpoints } from "./search-endpoints.ts";
import { ChangeStream, findTable } from "./table.ts";
import { deployedWorkers, WorkerQueue } from "./worker.ts";

export interface KintounStackProps {
  readonly config: Config;
  readonly code: Readonly<Record<FunctionName, Code>>;
  /** The name of the table, which another stack owns. */
  readonly table: string;
  /** Variables that override the config at synthesis and therefore in the functions. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/** The store in AWS: `functions/`, and what they and the config's plugins need. */
export class KintounStack extends Stack {
  constructor(scope: Construct, id: string, { config, code, table: tableName, overrides = {} }: KintounStackProps) {
    super(scope, id, { description: "Kintoun: a JSON record store" });
    const calls = new DeployCalls(this);
    const table = findTable(this, tableName, calls);
    const files = createPluginFiles(this, config);
    const location = {
      table: tableName,
      queues: QUEUE_URL_PREFIX,
      searchEndpoints: findSearchEndpoints(this, calls, config),
      files,
      ...(usesEmbeddedSearch(config) && { indexCopies: new IndexCopies(this).bucketName }),
    };
    const workers = deployedWorkers(config).map((worker) => {
      const standalone = config.standalone.includes(worker.name);
      const workerQueue = new WorkerQueue(this, {
        ...worker,
        standalone,
        code: code.worker,
        table,
        location,
        overrides,
        config,
      });
      return { name: worker.name, queue: workerQueue.queue, dead: workerQueue.dead, workerQueue };
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
    // Inbound queues receive no change events, but messages that their plugins send in transactions.
    const own = ownQueueNames(config.plugins);
    const eventQueues = workers.filter(({ name }) => own.includes(name) || !inbound.some((one) => one.name === name));
    const failures = makeDeadLetterQueue(this, "DispatchFailures", { name: DISPATCH_FAILURES_QUEUE, ordered: false });
    Validations.of(failures).acknowledge({
      id: "AwsSolutions-SQS3",
      reason: "It is the dead-letter queue of the stream.",
    });
    const redrivenQueues = config.plugins.flatMap((plugin) =>
      pluginQueueNames(plugin).flatMap((name) => {
        const worker = workers.find((one) => one.name === name);
        return worker === undefined || plugin.version === undefined
          ? []
          : [{ ...worker, version: plugin.version, after: worker.workerQueue }];
      }),
    );
    if (config.redriveOnDeploy) redriveOnDeploy(calls, redrivenQueues);
    const variables = { ...overrides, ...toLocationVariables(location) };
    const searching = [config.plugins.filter(handlesSearches), config.plugins.filter(servesSearches)] as const;
    const searchPlugins = withAllDependencies(config.plugins, ...searching);
    const servingPlugins = withAllDependencies(config.plugins, config.plugins.filter(servesRequests));
    const engine = findSearchOwner(config.plugins)?.need;

    const api = new KintounFunction(this, "Api", {
      name: "api",
      about: "Kintoun: serves the HTTP API",
      code: code.api,
      memoryMb: config.deploy.apiMemoryMb,
      reservedConcurrency: config.deploy.apiReservedConcurrency,
      variables,
    });
    grantTable(api.role, table, [
      ...SERVE_OBJECTS,
      ...(config.plugins.some(hasJobs) ? CREATE_JOBS : []),
      ...(keepsVersions(config.plugins) ? [...KEEP_VERSIONS, ...READ_VERSIONS] : []),
      ...readOrCreateSecret("page_token_secret"),
      ...WRITE_HEARTBEAT,
    ]);
    grantHealthChecks(api.role, table, { queues, engine });
    // Searches in a batch.
    if (engine !== undefined) grantSearch(api.role, table, engine, "search");
    // `api` can access all objects; core checks the plugins' permissions.
    const needs = needsOf(servingPlugins).filter(({ kind }) => kind !== "data" && kind !== "index");
    grantNeeds(api.role, table, needs, config);

    let search: KintounFunction | undefined;
    if (engine !== undefined) {
      search = new KintounFunction(this, "Search", {
        name: "search",
        about: "Kintoun: serves searches",
        code: code.search,
        memoryMb: config.deploy.searchMemoryMb,
        variables,
      });
      grantTable(search.role, table, SERVE_SEARCHES);
      grantSearch(search.role, table, engine, "search");
      grantNeeds(
        search.role,
        table,
        needsOf(searchPlugins, undefined, findReaders(config.plugins, ...searching)),
        config,
      );
    }
    const { url } = new KintounHttpApi(this, { api: api.lambda, search: search?.lambda, limits: config.deploy });

    const dispatch = new KintounFunction(this, "Dispatch", {
      name: "dispatch",
      about: "Kintoun: sends changes to the listeners' queues",
      code: code.dispatch,
      memoryMb: config.deploy.dispatchMemoryMb,
      variables: { ...overrides, ...toLocationVariables({ ...location, deadLetters: failures.queueUrl }) },
    });
    dispatch.role.addToPolicy(
      new PolicyStatement({ actions: ["sqs:SendMessage"], resources: eventQueues.map(({ queue }) => queue.queueArn) }),
    );
    new ChangeStream(this, { config, table, dispatch, failures });

    if (config.observability.tracing) traceFunctions(this);

    new CfnOutput(this, URL_OUTPUT_NAME, { value: `${url}/v1/`, description: "URL of the API" });
    for (const { name, queue } of [...workers, { name: DISPATCH_FAILURES_QUEUE, queue: failures }])
      new CfnOutput(this, queueOutputName(name), { value: queue.queueUrl, description: `URL of the queue ${name}` });
    if (Object.keys(files).length > 0)
      new CfnOutput(this, FILES_OUTPUT_NAME, { value: formatPairs(files), description: "Buckets of plugins' files" });
    new CfnOutput(this, TABLE_OUTPUT_NAME, { value: tableName, description: "Name of the table" });
    checkLimits(this, overrides);
  }
}
