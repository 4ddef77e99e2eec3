import { join, resolve } from "node:path";
import { Annotations, type RemovalPolicy, Stack, Stage } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { Code } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { findDeploymentIssues } from "../config/deployable.ts";
import { CONFIG_FILE_NAME, loadDeployedConfig } from "../config/load-config.ts";
import { UserError } from "../config/user-error.ts";
import { toBundleInput } from "./bundle.ts";
import { bundleInProcess } from "./bundle-in-process.ts";
import { CLIENT_ADDRESS_HEADER } from "./distribution.ts";
import type { StoreDomain } from "./domain.ts";
import { overrideVariables } from "./overrides.ts";
import { StoreResources } from "./stack.ts";
import { makeTable } from "./table.ts";
import type { StoreNetwork } from "./vpc.ts";

/**
 * The options of a {@link Kintoun}.
 * @example
 * const props: KintounProps = { variables: { KINTOUN_DEPLOY_API_MEMORY_MB: "1769" }, removalPolicy: RemovalPolicy.DESTROY };
 */
export interface KintounProps {
  /** Path of the config, relative to the folder in which the CDK runs; `kintoun.config.ts` when absent. */
  readonly config?: string;
  /**
   * The `KINTOUN_*` variables that override the config: `{ KINTOUN_PAGINATE_BY: "100" }`. What is written here applies to
   * every deployment. When absent, those of the environment of the deployment.
   */
  readonly variables?: Readonly<Record<string, string>>;
  /** The name of an existing table. When absent, that of `deploy.table` in the config, else a table of its own. */
  readonly table?: string;
  /** What becomes of the table with the stack: kept and protected from deletion when absent. */
  readonly removalPolicy?: RemovalPolicy;
  /** The domain of the API, with or without CloudFront; that of API Gateway only when absent. */
  readonly domain?: StoreDomain;
  /** The network of the functions; none of their own when absent. */
  readonly network?: StoreNetwork;
}

/**
 * A store: the functions of a `kintoun.config.ts`, its table, and what its plugins need. A stack has at most one; several
 * stores are in several stacks. Throws an error that says what is wrong with the config, and what anyone could write.
 * @example
 * new Kintoun(this, "Store", { variables: { KINTOUN_PAGINATE_BY: "100" } });
 */
export class Kintoun extends Construct {
  /** URL of the API, with `/v1/`. */
  readonly url: string;
  readonly tableName: string;

  constructor(scope: Construct, id: string, props: KintounProps = {}) {
    super(scope, id);
    requireOnlyStore(this);
    const { config: path = CONFIG_FILE_NAME, domain, network, removalPolicy } = props;
    const file = resolve(path);
    const { config, written } = loadDeployedConfig(file, props.variables, domainVariables(domain));
    const issues = findDeploymentIssues(config, written);
    if (issues.length > 0) throw new UserError(issues);
    if (!config.plugins.some(({ authentication }) => authentication !== undefined))
      Annotations.of(this).addInfoV2(
        "kintoun:noAuthentication",
        "No plugin authenticates users, so clients can only do what system.Everyone may do. See docs/operations/deploy.md.",
      );
    const outdir = join(Stage.of(this)?.outdir ?? "cdk.out", Stack.of(this).artifactId);
    const folders = bundleInProcess(toBundleInput(resolve(outdir), config, file));
    const { url, table } = new StoreResources(this, {
      config,
      code: {
        api: Code.fromAsset(folders.api),
        search: Code.fromAsset(folders.search),
        dispatch: Code.fromAsset(folders.dispatch),
        worker: Code.fromAsset(folders.worker),
      },
      table:
        config.deploy.table ??
        props.table ??
        (makeTable(this, removalPolicy === undefined ? {} : { removalPolicy }) as ITable),
      overrides: overrideVariables(config),
      domain,
      network,
    });
    this.url = url;
    this.tableName = table.tableName;
  }
}

/** What the store must know of CloudFront, which does not pass on the host of a request. */
const domainVariables = (domain: StoreDomain | undefined): Readonly<Record<string, string>> =>
  domain?.cloudFront === undefined
    ? {}
    : {
        KINTOUN_HTTP_HOST: domain.name,
        KINTOUN_HTTP_SCHEME: "https",
        KINTOUN_CLIENT_ADDRESS_HEADER: CLIENT_ADDRESS_HEADER,
      };

/** Throws if the stack has another store: names of queues and outputs are those of the stack. */
const requireOnlyStore = (store: Kintoun): void => {
  const stack = Stack.of(store);
  const other = stack.node.findAll().find((one) => one instanceof Kintoun && one !== store && Stack.of(one) === stack);
  if (other !== undefined)
    throw new UserError([
      `The stack ${stack.stackName} already has the store ${other.node.id}. Create ${store.node.id} in another stack.`,
    ]);
};
