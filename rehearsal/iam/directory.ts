import { hash } from "node:crypto";
import type { Credentials } from "../../lib/aws/connection.ts";
import { toError } from "../../lib/util/to-error.ts";
import type { Findings } from "../findings.ts";
import { allowsCall, type Call, decideByResource } from "./decide.ts";
import type { Statement } from "./statement.ts";

/** A role of the template. */
export interface Role {
  readonly logicalId: string;
  readonly arn: string;
  /** Who may assume it, such as `Service:lambda.amazonaws.com`. */
  readonly trusted: readonly Statement[];
  readonly statements: Statement[];
  /** ARNs of policies of AWS, which the rehearsal does not know. */
  readonly managed: readonly string[];
}

/** Who makes a call: a role, or a service of AWS for a resource. */
export type Caller =
  | { readonly role: Role; readonly name: string }
  | { readonly service: string; readonly sourceArn: string; readonly name: string };

interface Key {
  readonly caller: Caller;
  readonly credentials: Credentials;
}

/** Knows the roles, the policies of resources, and whose keys sign a request. */
export class Directory {
  readonly account: string;
  readonly #keys = new Map<string, Key>();
  readonly #resourcePolicies = new Map<string, Map<string, readonly Statement[]>>();
  readonly #findings: Findings;

  constructor(account: string, findings: Findings) {
    this.account = account;
    this.#findings = findings;
  }

  /** The keys of a role, for what runs with it. @param name of what runs with it, for messages */
  credentialsOfRole(role: Role, name: string): Credentials {
    return this.#addKey({ role, name });
  }

  /** The keys of a service, such as `events.amazonaws.com`, that acts for a resource. */
  credentialsOfService(service: string, sourceArn: string, name: string): Credentials {
    return this.#addKey({ service, sourceArn, name });
  }

  #addKey(caller: Caller): Credentials {
    const source = "role" in caller ? caller.role.arn : `${caller.service} ${caller.sourceArn}`;
    const id = hash("sha256", `${caller.name} ${source}`).toUpperCase();
    const credentials = { accessKeyId: `ASIA${id.slice(0, 16)}`, secretAccessKey: id.slice(0, 40), sessionToken: id };
    this.#keys.set(credentials.accessKeyId, { caller, credentials });
    return credentials;
  }

  findKey(accessKeyId: string): Key | undefined {
    return this.#keys.get(accessKeyId);
  }

  /** Sets a policy of a resource. @param source logical id of the policy @param statements none to remove it */
  setResourcePolicy(arn: string, source: string, statements: readonly Statement[]): void {
    const policies = this.#resourcePolicies.get(arn) ?? new Map<string, readonly Statement[]>();
    policies.set(source, statements);
    this.#resourcePolicies.set(arn, policies);
  }

  /**
   * Whether a caller may make a call. Within an account, the role or the resource must allow it and none may deny it; a service
   * has the resource's policy only. What the rehearsal does not understand is a finding, and refused.
   * @param policyArn ARN of the resource whose policy applies, if it is not that of the call
   */
  isAllowed(caller: Caller, call: Call, policyArn: string = call.resource): boolean {
    const withAccount: Call = {
      ...call,
      context: { "aws:SecureTransport": ["true"], ...call.context, ...this.#contextOf(caller) },
    };
    const statements = [...(this.#resourcePolicies.get(policyArn)?.values() ?? [])].flat();
    try {
      const principals =
        "role" in caller ? [`AWS:${caller.role.arn}`, `AWS:${this.account}`] : [`Service:${caller.service}`];
      const byResource = decideByResource(statements, withAccount, principals);
      if (byResource === "deny") return false;
      return byResource === "allow" || ("role" in caller && allowsCall(caller.role.statements, withAccount));
    } catch (error) {
      this.#findings.add("unsupported-policy", caller.name, toError(error).message);
      return false;
    }
  }

  #contextOf(caller: Caller): Call["context"] {
    return "role" in caller ? {} : { "aws:SourceArn": [caller.sourceArn], "aws:SourceAccount": [this.account] };
  }

  /** Whether a caller may make a call; a refusal is a finding. */
  authorize(caller: Caller, call: Call, policyArn?: string): boolean {
    const isAllowed = this.isAllowed(caller, call, policyArn);
    if (!isAllowed) this.#findings.add("access-denied", caller.name, describeCall(call));
    return isAllowed;
  }
}

/** Such as `dynamodb:PutItem on arn:aws:dynamodb:… (dynamodb:LeadingKeys=/buckets)`. */
export const describeCall = ({ action, resource, context }: Call): string => {
  const keys = Object.entries(context).map(([key, values]) => `${key}=${values.slice(0, 3).join("|")}`);
  return `${action} on ${resource}${keys.length === 0 ? "" : ` (${keys.join(", ")})`}`;
};
