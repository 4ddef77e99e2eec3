import { Aws, Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import type { MonitoredStore } from "./monitored.ts";

/** Where operators read what to do. A test compares the anchors with its headings. */
const RUNBOOK = "docs/operations/runbook.md";

const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = Duration.minutes(5);

/** When an alarm sends a mail. */
interface AlarmDefinition {
  readonly id: string;
  /** What is wrong, one sentence. */
  readonly about: string;
  /** The anchor of a heading in the runbook. */
  readonly anchor: string;
  readonly metric: IMetric;
  /** The alarm is raised above it. */
  readonly threshold: number;
  /** Of how many periods how many must be above the threshold; 1 of 1 when absent. */
  readonly periods?: { readonly all: number; readonly above: number };
}

const maximum = { period: MINUTE, statistic: "Maximum" } as const;
const sum = { period: FIVE_MINUTES, statistic: "Sum" } as const;

const listAlarms = ({ queues, failures, api, apiId, dispatch }: MonitoredStore): readonly AlarmDefinition[] => [
  ...queues.flatMap(({ name, queue, dead }) => [
    {
      id: `Dead-${name}`,
      about: `The listener or job of ${name} gave up on messages.`,
      anchor: "a-dead-letter-queue-is-not-empty",
      metric: dead.metricApproximateNumberOfMessagesVisible(maximum),
      threshold: 0,
    },
    {
      id: `Age-${name}`,
      about: `Messages wait in ${name} for more than 15 minutes.`,
      anchor: "messages-wait-for-a-long-time",
      metric: queue.metricApproximateAgeOfOldestMessage(maximum),
      threshold: 900,
      periods: { all: 5, above: 3 },
    },
  ]),
  {
    id: "DispatchFailures",
    about: "Changes reached no listener.",
    anchor: "dispatch-failures-is-not-empty",
    metric: failures.metricApproximateNumberOfMessagesVisible(maximum),
    threshold: 0,
  },
  {
    id: "ServerErrors",
    about: "More than five requests failed within five minutes.",
    anchor: "requests-fail-with-a-5xx",
    metric: new Metric({ namespace: "AWS/ApiGateway", metricName: "5xx", dimensionsMap: { ApiId: apiId }, ...sum }),
    threshold: 5,
  },
  {
    id: "Throttles",
    about: "Lambda had no concurrency left for requests.",
    anchor: "functions-are-throttled",
    metric: api.metricThrottles(sum),
    threshold: 0,
  },
  {
    id: "Concurrency",
    about: "The functions of the account use more than 70 % of its concurrency.",
    anchor: "functions-are-throttled",
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Quotas-Visualize-Alarms.html
    metric: new MathExpression({
      expression: "used / SERVICE_QUOTA(used) * 100",
      usingMetrics: {
        used: new Metric({
          namespace: "AWS/Usage",
          metricName: "ResourceCount",
          dimensionsMap: { Class: "None", Resource: "ConcurrentExecutions", Service: "Lambda", Type: "Resource" },
          ...maximum,
        }),
      },
      period: MINUTE,
    }),
    threshold: 70,
    periods: { all: 5, above: 3 },
  },
  {
    id: "IteratorAge",
    about: "Changes are dispatched more than a minute late.",
    anchor: "changes-are-dispatched-late",
    metric: dispatch.metric("IteratorAge", maximum),
    threshold: 60_000,
    periods: { all: 5, above: 3 },
  },
];

/** Alarms of a store that send mail. Their descriptions name the heading of the runbook that says what to do. */
export class Alarms extends Construct {
  constructor(scope: Construct, store: MonitoredStore, address: string) {
    super(scope, "Alarms");
    const topic = new Topic(this, "Topic", { enforceSSL: true });
    topic.addSubscription(new EmailSubscription(address));
    // A topic with a policy of its own has no default policy, which lets the account's alarms publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        actions: ["sns:Publish"],
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
    const action = new SnsAction(topic);
    for (const { id, about, anchor, metric, threshold, periods = { all: 1, above: 1 } } of listAlarms(store)) {
      const alarm = new Alarm(this, id, {
        alarmDescription: `${about} What to do: ${RUNBOOK}#${anchor}`,
        metric,
        threshold,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: periods.all,
        datapointsToAlarm: periods.above,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(action);
    }
  }
}
