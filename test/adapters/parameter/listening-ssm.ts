import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { SSMClientConfig } from "@aws-sdk/client-ssm";

/** Starts an SSM with these parameters, which records its requests. */
export const startListeningSsm = async (parameters: Readonly<Record<string, string>>) => {
  const requests: unknown[] = [];
  let refusal: object | undefined;
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      requests.push(body);
      const { Name } = body as { Name: string };
      const Value = parameters[Name];
      const known = request.headers["x-amz-target"] === "AmazonSSM.GetParameter" && Value !== undefined;
      const failure = refusal ?? (known ? undefined : { __type: "ParameterNotFound" });
      response.writeHead(failure === undefined ? 200 : 400, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(failure ?? { Parameter: { Name, Type: "SecureString", Value, Version: 1 } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client: SSMClientConfig = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    maxAttempts: 1,
  };
  return {
    requests,
    client,
    /** Any other call fails the test. */
    refuse: (type: string, message: string) => {
      refusal = { __type: type, message };
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
