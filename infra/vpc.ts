import {
  GatewayVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
} from "aws-cdk-lib/aws-ec2";
import type { CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { KintounFunction } from "./function.ts";
import { grantWildcard } from "./grants/wildcard.ts";

/** The network of the functions. */
export interface StoreNetwork {
  readonly vpc: IVpc;
  /** The subnets of the functions; those with a way out to the Internet when absent. */
  readonly subnets?: SubnetSelection;
  /** The security groups of the functions; one that allows all outbound traffic when absent. */
  readonly securityGroups?: readonly ISecurityGroup[];
  /** Whether the stack adds gateway endpoints for DynamoDB and S3, which cost nothing; true when absent. */
  readonly gatewayEndpoints?: boolean;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions */
const NETWORK_INTERFACES = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

/** Puts all functions that a scope has so far into a network. */
export const placeInNetwork = (
  scope: Construct,
  { vpc, subnets, securityGroups, gatewayEndpoints = true }: StoreNetwork,
): void => {
  const { subnetIds } = vpc.selectSubnets(subnets);
  const groups = securityGroups ?? [
    new SecurityGroup(scope, "FunctionsGroup", { vpc, description: "Kintoun: functions" }),
  ];
  if (gatewayEndpoints)
    for (const [id, service] of [
      ["DynamodbEndpoint", GatewayVpcEndpointAwsService.DYNAMODB],
      ["S3Endpoint", GatewayVpcEndpointAwsService.S3],
    ] as const)
      vpc.addGatewayEndpoint(id, { service });
  for (const construct of scope.node.findAll()) {
    if (!(construct instanceof KintounFunction)) continue;
    (construct.lambda.node.defaultChild as CfnFunction).vpcConfig = {
      subnetIds,
      securityGroupIds: groups.map(({ securityGroupId }) => securityGroupId),
    };
    grantWildcard(construct.role, {
      actions: NETWORK_INTERFACES,
      resources: ["*"],
      reason: "Lambda documents these actions without resources, for the network interfaces of functions.",
    });
  }
};
