import { Stack } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { Problem } from "../../app/problem.ts";
import type { SearchNeed } from "../../kit/need.ts";
import { allowWildcard } from "./wildcard.ts";

/** `[method, path]`, as IAM names them; compared with what the adapter calls in `test/infra/search-domain.test.ts`. */
type Call = readonly [method: string, path: string];

const ASK: readonly Call[] = [["Post", "kintoun-*/_search"]];
const WRITE: readonly Call[] = [
  ["Put", "_index_template/kintoun"],
  ["Post", "_bulk"],
  ["Delete", "kintoun-*"],
  ["Post", "kintoun-*/_delete_by_query"],
  ["Get", "_cluster/health"],
];

/**
 * Lets a role search in Kintoun's indexes of an OpenSearch domain, or also write them. Other indexes of the domain are out of
 * its reach, but for `_bulk`, whose indexes are in its body: a domain that is shared with others needs
 * `rest.action.multi.allow_explicit_index: false` or fine-grained access control.
 */
export const grantSearch = (role: Role, { domain }: Pick<SearchNeed, "domain">, access: "ask" | "all"): void => {
  if (domain === undefined) throw new Problem(["plugins: search.domain must name the OpenSearch domain to use in AWS."]);
  const arn = Stack.of(role).formatArn({ service: "es", resource: "domain", resourceName: domain });
  role.addToPolicy(new PolicyStatement({ actions: ["es:DescribeDomain"], resources: [arn] }));
  for (const [method, path] of access === "ask" ? ASK : [...ASK, ...WRITE]) {
    const call = { actions: [`es:ESHttp${method}`], resources: [`${arn}/${path}`] };
    if (path.includes("*"))
      allowWildcard(role, { ...call, reason: "There is an index per collection, made and dropped while the store runs; their names begin with kintoun-." });
    else role.addToPolicy(new PolicyStatement(call));
  }
};
