import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { SQSClientConfig } from "@aws-sdk/client-sqs";

/** An SQS that takes everything, and notes what IAM would be asked: a batch is asked as one. */
export const startListeningSqs = async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(
      String(request.headers["x-amz-target"])
        .replace("AmazonSQS.", "sqs:")
        .replace(/Batch$/, ""),
    );
    request.resume().on("end", () => response.end("{}"));
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
  return { asked: asked as readonly string[], client, stop };
};
