import { CfnOutput, Fn, Lazy, Stack } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import {
  CfnAccessPolicy,
  CfnCollection,
  CfnCollectionGroup,
  CfnSecurityPolicy,
} from "aws-cdk-lib/aws-opensearchserverless";
import { Construct } from "constructs";
import { SEARCH_OUTPUT_NAME } from "../config/queues.ts";
import type { ServerlessOptions } from "../kit/need.ts";
import { findSibling } from "./find-sibling.ts";

const ID = "ServerlessSearch";

/** https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html */
const READ = { index: ["aoss:DescribeIndex", "aoss:ReadDocument"], collection: [] };
const WRITE = {
  index: [...READ.index, "aoss:CreateIndex", "aoss:DeleteIndex", "aoss:UpdateIndex", "aoss:WriteDocument"],
  // Aliases and index templates.
  collection: [
    "aoss:CreateCollectionItems",
    "aoss:DeleteCollectionItems",
    "aoss:DescribeCollectionItems",
    "aoss:UpdateCollectionItems",
  ],
};

/**
 * A collection of OpenSearch Serverless, of the generation that scales to zero: it is billed while it is used, and for
 * storage. A stack has at most one.
 */
export class ServerlessSearch extends Construct {
  readonly #collection: CfnCollection;
  /** ARNs of who searches, and of who also writes. */
  readonly #readers = new Set<string>();
  readonly #writers: Set<string>;

  constructor(scope: Construct, { name, maxOcu, operators }: ServerlessOptions) {
    super(scope, ID);
    this.#writers = new Set(operators);
    const resource = [`collection/${name}`];
    const encryption = new CfnSecurityPolicy(this, "Encryption", {
      name: `${name}-key`,
      type: "encryption",
      policy: JSON.stringify({ Rules: [{ ResourceType: "collection", Resource: resource }], AWSOwnedKey: true }),
    });
    const network = new CfnSecurityPolicy(this, "Network", {
      name: `${name}-net`,
      type: "network",
      // The functions are in no VPC. Each request is signed, and the data policy names who may send it.
      policy: JSON.stringify([{ Rules: [{ ResourceType: "collection", Resource: resource }], AllowFromPublic: true }]),
    });
    const group = new CfnCollectionGroup(this, "Group", {
      name: `${name}-group`,
      description: "Kintoun: search, scales to zero",
      generation: "NEXTGEN",
      standbyReplicas: "ENABLED",
      capacityLimits: {
        minIndexingCapacityInOcu: 0,
        minSearchCapacityInOcu: 0,
        maxIndexingCapacityInOcu: maxOcu,
        maxSearchCapacityInOcu: maxOcu,
      },
    });
    this.#collection = new CfnCollection(this, "Collection", {
      name,
      type: "SEARCH",
      description: "Kintoun: search indexes, which can be built again",
      collectionGroupName: group.name,
      standbyReplicas: "ENABLED",
    });
    for (const one of [encryption, network, group]) this.#collection.addResourceDependency(one);
    new CfnAccessPolicy(this, "Access", {
      name: `${name}-data`,
      type: "data",
      policy: Lazy.string({
        produce: () =>
          Stack.of(this).toJsonString([
            ...toPolicy(
              name,
              READ,
              [...this.#readers].filter((arn) => !this.#writers.has(arn)),
            ),
            ...toPolicy(name, WRITE, [...this.#writers]),
          ]),
      }),
    });
    new CfnOutput(Stack.of(this), SEARCH_OUTPUT_NAME, {
      value: this.host,
      description: "Host name of the search collection",
    });
  }

  /** The one of a stack. Throws if there is none. */
  static of(scope: Construct): ServerlessSearch {
    const found = findSibling(scope, ID);
    if (found instanceof ServerlessSearch) return found;
    throw new TypeError("The stack has no serverless search.");
  }

  /** Host name of the endpoint. */
  get host(): string {
    return Fn.select(1, Fn.split("//", this.#collection.attrCollectionEndpoint));
  }

  /** Lets a role search, or also write. */
  grant(role: Role, access: "search" | "all"): void {
    if (access === "all") this.#writers.add(role.roleArn);
    else this.#readers.add(role.roleArn);
    role.addToPolicy(new PolicyStatement({ actions: ["aoss:APIAccessAll"], resources: [this.#collection.attrArn] }));
  }
}

/** The rules of a data policy, for some roles. */
const toPolicy = (name: string, { index, collection }: typeof WRITE, principals: readonly string[]): object[] =>
  principals.length === 0
    ? []
    : [
        {
          Rules: [
            { ResourceType: "index", Resource: [`index/${name}/kintoun-*`], Permission: index },
            ...(collection.length === 0
              ? []
              : [{ ResourceType: "collection", Resource: [`collection/${name}`], Permission: collection }]),
          ],
          Principal: principals,
        },
      ];
