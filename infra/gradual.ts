import { Duration, Validations } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { Alias, type IFunction, type IVersion, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";

const MINUTE = Duration.minutes(1);
/** Errors within a minute that end a deployment. */
const MAX_ERRORS = 3;
/** https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-service-role.html */
const CODE_DEPLOY_POLICY = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited";

/**
 * The alias `live` of a function. New code gets 10 % of its calls for five minutes. CodeDeploy goes back to the old code if calls of
 * the alias fail, or requests of the API do.
 */
export class GradualDeployment extends Construct {
  readonly alias: IFunction;
  readonly #group: LambdaDeploymentGroup;

  constructor(scope: Construct, id: string, lambda: LambdaFunction) {
    super(scope, id);
    const alias = new Alias(this, "Live", { aliasName: "live", version: lambda.currentVersion as IVersion });
    this.alias = alias as IFunction;
    this.#group = new LambdaDeploymentGroup(this, "Group", {
      alias,
      deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: [makeAlarm(this, "Errors", alias.metricErrors({ period: MINUTE, statistic: "Sum" }))],
    });
    Validations.of(this.#group).acknowledge({
      id: `AwsSolutions-IAM4[Policy::${CODE_DEPLOY_POLICY}]`,
      reason: "AWS maintains the policy with which CodeDeploy shifts the calls of aliases.",
    });
  }

  /** Also goes back when requests of an API fail, which functions answer without failing themselves. */
  watchRequests(apiId: string): void {
    const dimensionsMap = { ApiId: apiId };
    const metric = new Metric({
      namespace: "AWS/ApiGateway",
      metricName: "5xx",
      dimensionsMap,
      period: MINUTE,
      statistic: "Sum",
    });
    this.#group.addAlarm(makeAlarm(this, "ServerErrors", metric));
  }
}

const makeAlarm = (scope: Construct, id: string, metric: IMetric): Alarm =>
  new Alarm(scope, id, {
    alarmDescription: "Ends a gradual deployment, and goes back to the code before it.",
    metric,
    threshold: MAX_ERRORS,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
