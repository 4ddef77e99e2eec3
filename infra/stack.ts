import { CfnOutput, Stack, Validations } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Code } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { recordsActivity } from "../config/activity.ts";
import type { Config } from "../config/config.ts";
import { PACKAGE_URL_VARIABLE } from "../config/function-variables.ts";
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
  pagesOutputName,
  pluginQueueNames,
  queueOutputName,
  TABLE_OUTPUT_NAME,
  URL_OUTPUT_NAME,
} from "../config/queues.ts";
import { formatPairs, toLocationVariables } from "../config/store-location.ts";
import { toJobQueueName } from "../core/jobs/job.ts";
import { DISPATCH_FAILURES_QUEUE } from "../core/ports/queue.ts";
import type { FunctionName } from "./bundle.ts";
import { Commands } from "./commands.ts";
import { DeployCalls } from "./deploy-calls.ts";
import type { StoreDomain } from "./domain.ts";
import { KintounFunction, retainLogs, traceFunctions } from "./function.ts";
import { GradualDeployment } from "./gradual.ts";
import { grantHealthChecks, grantNeeds, needsOf } from "./grants/needs.ts";
import { grantOperations } from "./grants/operations.ts";
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
import { Monitoring } from "./monitoring/monitoring.ts";
import { createPluginFiles } from "./plugin-files.ts";
import { makeDeadLetterQueue, QUEUE_URL_PREFIX } from "./queue.ts";
import { redriveOnDeploy } from "./redrive-on-deploy.ts";
import { Schedules } from "./schedules.ts";
import { findSearchEndpoints } from "./search-endpoints.ts";
import { ChangeStream, findTable } from "./table.ts";
import { placeInNetwork, type StoreNetwork } from "./vpc.ts";
import { deployedWorkers, WorkerQueue } from "./worker.ts";

export interface KintounStackProps {
  readonly config: Config;
  /** That of `commands` makes a function with which operators run commands of plugins without a computer of their own. */
  readonly code: Readonly<Record<Exclude<FunctionName, "commands">, Code>> & { readonly commands?: Code };
  /** The table, or its name if another stack owns it. */
  readonly table: string | ITable;
  /** Variables that override the config at synthesis and therefore in the functions. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** The domain of the API; that of API Gateway when absent. */
  readonly domain?: StoreDomain | undefined;
  /** The network of the functions; none of their own when absent. */
  readonly network?: StoreNetwork | undefined;
}

/** The stack of a store. */
export class KintounStack extends Stack {
  constructor(scope: Construct, id: string, props: KintounStackProps) {
    super(scope, id, { description: "Kintoun: a JSON record store" });
    new StoreResources(this, props);
  }
}

/**
 * The store in AWS: `functions/`, and what they and the config's plugins need. A stack has at most one, since the names of
 * its queues and outputs do not name the construct.
 */
export class StoreResources extends Construct {
  /** URL of the API, with `/v1/`. */
  readonly url: string;
  readonly table: ITable;
  /** The name of the function that runs commands; `undefined` if its code is not given. */
  readonly commands: string | undefined;

  constructor(scope: Construct, { config, code, overrides = {}, domain, network, ...props }: KintounStackProps) {
    // CDK leaves this id out of logical ids.
    super(scope, "Default");
    const stack = Stack.of(this);
    const calls = new DeployCalls(this);
    const table = typeof props.table === "string" ? findTable(this, props.table, calls) : props.table;
    const { tableName } = table;
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
    const gradual = config.deploy.gradual
      ? {
          api: new GradualDeployment(this, "ApiDeployment", api.lambda),
          search: search && new GradualDeployment(this, "SearchDeployment", search.lambda),
        }
      : undefined;
    const { url, id: apiId } = new KintounHttpApi(this, {
      domain,
      api: gradual?.api.alias ?? api.lambda,
      search: gradual?.search?.alias ?? search?.lambda,
      limits: config.deploy,
    });
    gradual?.api.watchRequests(apiId);

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

    if (recordsActivity(config.plugins)) {
      const functions = [api, search, dispatch, ...workers.map(({ workerQueue: { worker } }) => worker)];
      grantOperations({
        api,
        functions: functions.filter((one) => one !== undefined),
        deadLetterQueues: workers.map(({ dead }) => dead),
        failures,
      });
    }

    this.commands =
      code.commands &&
      new Commands(this, {
        config,
        code: code.commands,
        table,
        variables: { ...variables, [PACKAGE_URL_VARIABLE]: `${url}/v1` },
      }).functionName;
    new Monitoring(
      this,
      {
        apiId,
        api: api.lambda,
        search: search?.lambda,
        dispatch: dispatch.lambda,
        tableName,
        queues: workers,
        failures,
      },
      config.deploy,
    );
    if (config.observability.tracing) traceFunctions(this);
    retainLogs(this, config.deploy.logRetentionDays);
    if (network !== undefined) placeInNetwork(this, network);

    this.table = table;
    this.url = `${url}/v1/`;
    new CfnOutput(stack, URL_OUTPUT_NAME, { value: this.url, description: "URL of the API" });
    for (const { path, about } of config.plugins.flatMap(({ pages }) => pages))
      new CfnOutput(stack, pagesOutputName(path), { value: `${url}/v1${path}/`, description: about });
    for (const { name, queue } of [...workers, { name: DISPATCH_FAILURES_QUEUE, queue: failures }])
      new CfnOutput(stack, queueOutputName(name), { value: queue.queueUrl, description: `URL of the queue ${name}` });
    if (Object.keys(files).length > 0)
      new CfnOutput(stack, FILES_OUTPUT_NAME, { value: formatPairs(files), description: "Buckets of plugins' files" });
    new CfnOutput(stack, TABLE_OUTPUT_NAME, { value: tableName, description: "Name of the table" });
    checkLimits(stack, overrides);
  }
}
