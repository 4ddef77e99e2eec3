import { Stack } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { SearchNeed } from "../../kit/need.ts";
import { IndexCopies } from "../index-copies.ts";
import { ServerlessSearch } from "../serverless-search.ts";
import { FOLLOW_LISTS, grantTable, READ_LISTS } from "./table.ts";
import { grantWildcard } from "./wildcard.ts";

/** Method and path as in IAM. A test compares them with the adapter's requests. */
type Call = readonly [method: string, path: string];

const PING: readonly Call[] = [["Get", "_cluster/health"]];
const SEARCH: readonly Call[] = [
  ["Post", "kintoun-*/_search"],
  ["Post", "kintoun-*/_msearch"],
];
const WRITE: readonly Call[] = [
  ["Put", "_index_template/kintoun"],
  ["Put", "kintoun-*"],
  ["Get", "_alias/kintoun-*"],
  ["Get", "kintoun-*/_alias"],
  ["Post", "_aliases"],
  ["Post", "_bulk"],
  ["Post", "kintoun-*/_mget"],
  ["Delete", "kintoun-*"],
  ["Post", "kintoun-*/_delete_by_query"],
];
const CALLS = { ping: PING, search: SEARCH, all: [...PING, ...SEARCH, ...WRITE] } as const;

/**
 * Grants access to the search engine: read its health (`ping`), search (`search`), or both and write (`all`). The
 * embedded engine follows the table. OpenSearch is compared with it: when it is written, and where it has nothing.
 */
export const grantSearch = (role: Role, table: ITable, need: SearchNeed, access: keyof typeof CALLS): void => {
  const { domain, serverless } = need;
  if (serverless !== undefined) {
    if (access !== "ping") ServerlessSearch.of(role).grant(role, access);
  } else if (domain !== undefined) grantDomain(role, domain, CALLS[access]);
  const isEmbedded = serverless === undefined && domain === undefined;
  if (access === "search") grantTable(role, table, FOLLOW_LISTS);
  if (isEmbedded && access !== "ping") IndexCopies.of(role).grant(role);
  if (access === "all") grantTable(role, table, [...FOLLOW_LISTS, ...READ_LISTS]);
};

/**
 * Grants calls to a domain. IAM cannot restrict the indexes of `_bulk`, which are in the body. A shared domain needs
 * fine-grained access control.
 */
const grantDomain = (role: Role, domain: string, calls: readonly Call[]): void => {
  const arn = Stack.of(role).formatArn({ service: "es", resource: "domain", resourceName: domain });
  for (const [method, path] of calls) {
    const call = { actions: [`es:ESHttp${method}`], resources: [`${arn}/${path}`] };
    if (path.includes("*"))
      grantWildcard(role, {
        ...call,
        reason: "Each type has an index, and a rebuild makes the next one; their names start with kintoun-.",
      });
    else role.addToPolicy(new PolicyStatement(call));
  }
};
