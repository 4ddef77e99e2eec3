import { Stack } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { UserError } from "../../config/problem.ts";
import type { SearchNeed } from "../../kit/need.ts";
import { allowWildcard } from "./wildcard.ts";

/** `[method, path]`, as IAM names them; compared with what the adapter calls in `test/infra/search-domain.test.ts`. */
type Call = readonly [method: string, path: string];

const PING: readonly Call[] = [["Get", "_cluster/health"]];
const ASK: readonly Call[] = [["Post", "kintoun-*/_search"]];
const WRITE: readonly Call[] = [
  ["Put", "_index_template/kintoun"],
  ["Post", "_bulk"],
  ["Delete", "kintoun-*"],
  ["Post", "kintoun-*/_delete_by_query"],
];
const CALLS = { ping: PING, ask: ASK, all: [...PING, ...ASK, ...WRITE] } as const;

/**
 * Lets a role see how an OpenSearch domain is (`ping`), search in Kintoun's indexes of it (`ask`), or do both and write them (`all`).
 * Other indexes of the domain are out of its reach, but for `_bulk`, whose indexes are in its body: a domain that is shared with others needs
 * `rest.action.multi.allow_explicit_index: false` or fine-grained access control.
 */
export const grantSearch = (role: Role, { domain }: Pick<SearchNeed, "domain">, access: keyof typeof CALLS): void => {
  if (domain === undefined)
    throw new UserError(["plugins: search.domain must name the OpenSearch domain to use in AWS."]);
  const arn = Stack.of(role).formatArn({ service: "es", resource: "domain", resourceName: domain });
  role.addToPolicy(new PolicyStatement({ actions: ["es:DescribeDomain"], resources: [arn] }));
  for (const [method, path] of CALLS[access]) {
    const call = { actions: [`es:ESHttp${method}`], resources: [`${arn}/${path}`] };
    if (path.includes("*"))
      allowWildcard(role, {
        ...call,
        reason:
          "There is an index per collection, made and dropped while the store runs; their names begin with kintoun-.",
      });
    else role.addToPolicy(new PolicyStatement(call));
  }
};
