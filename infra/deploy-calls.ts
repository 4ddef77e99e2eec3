import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  AwsCustomResource,
  type AwsCustomResourceProps,
  Logging,
  PhysicalResourceId,
} from "aws-cdk-lib/custom-resources";
import { Construct } from "constructs";
import { makeLogGroup } from "./function.ts";

/**
 * Calls to AWS that CloudFormation makes during a deployment. A stack has one `DeployCalls`, because one function with
 * one role makes all calls.
 */
export class DeployCalls extends Construct {
  readonly role: Role;
  readonly #logGroup = makeLogGroup(this);

  constructor(scope: Construct) {
    super(scope, "DeployCalls");
    this.role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: "Kintoun: calls AWS during deployments",
    });
    this.#logGroup.grantWrite(this.role);
  }

  /** Adds a call. Its permissions must be granted to the role. */
  add(id: string, props: Pick<AwsCustomResourceProps, "onCreate" | "onUpdate">): AwsCustomResource {
    const resource = new AwsCustomResource(this, id, {
      ...props,
      role: this.role,
      logGroup: this.#logGroup,
      installLatestAwsSdk: false,
    });
    resource.node.addDependency(this.role);
    return resource;
  }

  /** Reads a value of a resource that the stack does not own, again whenever its name changes. */
  read(
    id: string,
    {
      service,
      action,
      parameters,
      path,
    }: { service: string; action: string; parameters: Readonly<Record<string, string>>; path: string },
  ): string {
    const call = {
      service,
      action,
      parameters,
      outputPaths: [path],
      physicalResourceId: PhysicalResourceId.of(Object.values(parameters).join()),
      logging: Logging.withDataHidden(),
    };
    return this.add(id, { onCreate: call, onUpdate: call }).getResponseField(path);
  }
}
