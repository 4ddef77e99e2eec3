import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { AwsConnection } from "../../lib/aws/connection.ts";
import type { ApiCall } from "./roles.ts";
import { type Synthesized, urlOf } from "./synthesize.ts";

/** Starts an SQS for the queues of a stack. It accepts every request and records the calls that IAM would check. */
export const startRecordingSqs = async ({ all }: Synthesized) => {
  const arns = new Map(all("AWS::SQS::Queue").map((queue) => [urlOf(queue), `<${queue.id}.Arn>`]));
  const calls: ApiCall[] = [];
  const server = createServer((request, response) => {
    const action = String(request.headers["x-amz-target"])
      .replace("AmazonSQS.", "sqs:")
      .replace(/Batch$/, "");
    void json(request).then((body) => {
      calls.push({
        action,
        resource: arns.get((body as { QueueUrl: string }).QueueUrl) ?? "an unknown queue",
      });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client: AwsConnection = {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
  };
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { calls, client, stop };
};
