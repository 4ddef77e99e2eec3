import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The errors that the fake CloudFormation returns, by the name of the stack. */
const ERRORS: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  Nowhere: [400, "ValidationError", "Stack with id Nowhere does not exist"],
  Denied: [
    403,
    "AccessDenied",
    "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: cloudformation:DescribeStacks",
  ],
  Expired: [403, "ExpiredToken", "The security token included in the request is expired"],
};

/**
 * Starts a fake CloudFormation that returns the same outputs for each stack, none for `Bare`, and the errors above.
 *
 * @returns its URL, and a function that stops it
 */
export const startCloudFormation = async (outputs: ReadonlyMap<string, string>) => {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const stack = new URLSearchParams(body).get("StackName") ?? "";
      const [status = 200, code, message] = ERRORS[stack] ?? [];
      const members =
        stack === "Bare"
          ? []
          : [...outputs].map(
              ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
            );
      const stackXml = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${stack}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2030-01-01T00:00:00Z</CreationTime><Outputs>${members.join("")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
      const errorXml = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
      response.writeHead(status, { "content-type": "text/xml" }).end(code === undefined ? stackXml : errorXml);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
};
