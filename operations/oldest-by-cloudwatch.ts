import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";

/** Metrics in one call. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MOST = 500;
/** ms of the past that are asked for: SQS tells each minute, of queues in use. */
const PAST = 10 * 60_000;

/** Seconds since the oldest message of some queues was sent, as SQS told CloudWatch last; a queue of which it told nothing is absent. Costs 0.01 USD per 1,000 queues. @param urls of the queues */
export const oldestByCloudWatch = async (urls: readonly string[]): Promise<ReadonlyMap<string, number>> => {
  const client = new CloudWatchClient({});
  const now = Date.now();
  const ages = new Map<string, number>();
  try {
    for (let at = 0; at < urls.length; at += MOST) {
      const some = urls.slice(at, at + MOST);
      const MetricDataQueries = some.map((url, place) => ({
        Id: `q${place}`,
        MetricStat: {
          Metric: {
            Namespace: "AWS/SQS",
            MetricName: "ApproximateAgeOfOldestMessage",
            Dimensions: [{ Name: "QueueName", Value: url.split("/").at(-1) ?? "" }],
          },
          Period: 60,
          Stat: "Maximum",
        },
      }));
      const asked = new GetMetricDataCommand({
        MetricDataQueries,
        StartTime: new Date(now - PAST),
        EndTime: new Date(now),
        ScanBy: "TimestampDescending",
      });
      const { MetricDataResults = [] } = await client.send(asked);
      for (const { Id, Values = [] } of MetricDataResults) {
        const [newest] = Values;
        if (newest !== undefined) ages.set(some[Number(Id?.slice(1))] ?? "", newest);
      }
    }
    return ages;
  } finally {
    client.destroy();
  }
};
