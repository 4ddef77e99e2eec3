import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { SQSClientConfig } from "@aws-sdk/client-sqs";
import type { Asked } from "./roles.ts";
import { type Synthesized, urlOf } from "./synthesize.ts";

/** The SQS of a stack, which takes everything, and notes what IAM would be asked: a batch is asked as one. */
export const startListeningSqs = async ({ all }: Synthesized) => {
  const arns = new Map(all("AWS::SQS::Queue").map((queue) => [urlOf(queue), `<${queue.id}.Arn>`]));
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const action = String(request.headers["x-amz-target"])
      .replace("AmazonSQS.", "sqs:")
      .replace(/Batch$/, "");
    void json(request).then((body) => {
      asked.push({
        action,
        resource: arns.get((body as { QueueUrl: string }).QueueUrl) ?? "a queue that is not there",
      });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client: SQSClientConfig = {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    useQueueUrlAsEndpoint: false,
    md5: false,
  };
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { asked, client, stop };
};
