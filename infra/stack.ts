import { CfnOutput, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Code } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Config } from "../app/config.ts";
import { toVariables } from "../app/environment.ts";
import type { Need } from "../kit/need.ts";
import type { FunctionName } from "./bundle.ts";
import { ChangeStream } from "./change-stream.ts";
import { KintounFunction } from "./function.ts";
import { grantNeeds } from "./grants/needs.ts";
import { grantSearch } from "./grants/search-domain.ts";
import { grantTable, READ_PERMISSIONS, SERVE_OBJECTS, shareSecret } from "./grants/table-use.ts";
import { KintounHttpApi } from "./http-api.ts";
import { ListenerQueue } from "./listener.ts";
import { deployedListeners } from "./listeners.ts";
import { makeTable } from "./table.ts";

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
    const variables = (queues = "{}") => ({ ...overrides, ...toVariables({ table: table.tableName, queues }) });
    // Credentials are proved wherever requests come in.
    const authenticating = config.plugins.filter(({ authentication }) => authentication !== undefined).map(({ needs }) => needs);

    const api = new KintounFunction(this, "Api", { name: "api", about: "Kintoun: answers the protocol", code: code.api, variables: variables() });
    grantTable(api.role, table, [...SERVE_OBJECTS, ...shareSecret("page_token_secret")]);
    for (const needs of authenticating) grantNeeds(api.role, table, needs);

    const engine = searchNeedOf(config);
    let search: KintounFunction | undefined;
    if (engine !== undefined) {
      search = new KintounFunction(this, "Search", { name: "search", about: "Kintoun: answers searches", code: code.search, variables: variables() });
      grantTable(search.role, table, READ_PERMISSIONS);
      grantSearch(search.role, engine, "ask");
      for (const needs of authenticating) grantNeeds(search.role, table, needs);
    }
    const { url } = new KintounHttpApi(this, { api: api.lambda, search: search?.lambda });

    const listeners = deployedListeners(config).map((listener) => {
      const { queue } = new ListenerQueue(this, { ...listener, code: code.worker, table, overrides });
      return { name: listener.name, queue };
    });
    const urls = Object.fromEntries(listeners.map(({ name, queue }) => [name, queue.queueUrl]));
    const dispatch = new KintounFunction(this, "Dispatch", {
      name: "dispatch",
      about: "Kintoun: tells changes to the listeners' queues",
      code: code.dispatch,
      variables: variables(this.toJsonString(urls)),
    });
    dispatch.role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: listeners.map(({ queue }) => queue.queueArn) }));
    new ChangeStream(this, { table, dispatch });

    new CfnOutput(this, "Url", { value: `${url}/v1/`, description: "Where clients find the store" });
    new CfnOutput(this, "TableName", { value: table.tableName, description: "What is kept when the stack goes" });
  }
}

/** What `functions/search` opens: the first that a plugin needs. */
const searchNeedOf = ({ plugins }: Config) => plugins.flatMap(({ needs }) => Object.values<Need>(needs)).find((need) => need.kind === "search");
