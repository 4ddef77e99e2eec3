import { Aws, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { Dashboard, GraphWidget, type IMetric, Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { MonitoredStore } from "./monitored.ts";

const PERIOD = { period: Duration.minutes(5) };
const sum = { ...PERIOD, statistic: "Sum" } as const;
const maximum = { ...PERIOD, statistic: "Maximum" } as const;
const WIDTH = 8;

const DASHBOARD_OUTPUT_NAME = "Dashboard";

/** Creates the dashboard of a store: requests, functions, queues, the table and the metrics of listeners. */
export const makeDashboard = (scope: Construct, store: MonitoredStore): void => {
  const { api, search, dispatch, queues, failures, tableName } = store;
  const graph = (title: string, left: readonly IMetric[]) => new GraphWidget({ title, left: [...left], width: WIDTH });
  const ofApi = (metricName: string, options: object) =>
    new Metric({ namespace: "AWS/ApiGateway", metricName, dimensionsMap: { ApiId: store.apiId }, ...options });
  const ofTable = (metricName: string) =>
    new Metric({ namespace: "AWS/DynamoDB", metricName, dimensionsMap: { TableName: tableName }, ...sum });
  const ofStore = (metricName: string) =>
    new Metric({ namespace: "Kintoun", metricName, dimensionsMap: { service: Aws.STACK_NAME }, ...sum });
  const functions = [
    ["api", api] as const,
    ...(search === undefined ? [] : [["search", search] as const]),
    ["dispatch", dispatch] as const,
  ];
  const dashboard = new Dashboard(scope, "Dashboard", {
    widgets: [
      [
        graph("Requests", [ofApi("Count", sum), ofApi("4xx", sum), ofApi("5xx", sum)]),
        graph("Latency of requests (ms)", [
          ofApi("Latency", { ...PERIOD, statistic: "p50" }),
          ofApi("Latency", { ...PERIOD, statistic: "p99" }),
        ]),
        graph("Errors and throttles of functions", [
          ...functions.map(([label, one]) => one.metricErrors({ ...sum, label: `${label} errors` })),
          ...functions.map(([label, one]) => one.metricThrottles({ ...sum, label: `${label} throttles` })),
        ]),
      ],
      [
        graph("Dead letters", [
          ...queues.map(({ name, dead }) => dead.metricApproximateNumberOfMessagesVisible({ ...maximum, label: name })),
          failures.metricApproximateNumberOfMessagesVisible({ ...maximum, label: "dispatch" }),
        ]),
        graph(
          "Age of the oldest message (s)",
          queues.map(({ name, queue }) => queue.metricApproximateAgeOfOldestMessage({ ...maximum, label: name })),
        ),
        graph("Changes that wait for dispatch (ms)", [dispatch.metric("IteratorAge", maximum)]),
      ],
      [
        graph("Events of listeners", ["EventsDelivered", "EventsFailed", "EventsDeadLettered"].map(ofStore)),
        graph("Capacity of the table", ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"].map(ofTable)),
        graph("Throttled by the table", ["ReadThrottleEvents", "WriteThrottleEvents"].map(ofTable)),
      ],
    ],
  });
  new CfnOutput(Stack.of(scope), DASHBOARD_OUTPUT_NAME, {
    value: `https://${Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${dashboard.dashboardName}`,
    description: "Dashboard in CloudWatch",
  });
};
