// One process of the store, like an instance of the functions `api` and `search`: it shares no memory and no files.
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { readConfig } from "../../../config/config.ts";
import { createJsonLog } from "../../../core/ports/log.ts";
import { createApi } from "../../../functions/api/app.ts";
import { createSearch, searchHandler } from "../../../functions/search/app.ts";
import type { AwsConnection } from "../../../lib/aws/connection.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { search } from "../../../plugins/search/index.ts";
import { requestApi } from "../../request-api.ts";

export interface ProcessOptions {
  readonly dynamodb: AwsConnection;
  readonly s3: AwsConnection;
  readonly bucket: string;
  /** Folder of the index files of this process. */
  readonly folder: string;
}

/** A request to the process. Bodies are JSON. */
export interface ProcessRequest {
  readonly n: number;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

export interface ProcessAnswer {
  readonly n: number;
  readonly status: number;
  readonly body: unknown;
}

const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`;

const serve = async ({ dynamodb, s3, bucket, folder }: ProcessOptions) => {
  const options = {
    config: readConfig({ plugins: [basicauth(), search()] }),
    location: { table: "kintoun", queues: {} },
    cloud: { dynamodb, search: { folder }, indexCopies: { s3, bucket } },
    log: createJsonLog((line) => process.stderr.write(`${line}\n`), "WARN"),
  };
  const api = requestApi(await createApi(options));
  const handleSearch = searchHandler(await createSearch(options));

  const answer = async ({ method, path, body }: ProcessRequest): Promise<Omit<ProcessAnswer, "n">> => {
    const headers = { authorization, host: "localhost", "content-type": "application/json" };
    if (!path.endsWith("/search")) {
      const response = await api.request(`http://localhost/v1${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    }
    const event = {
      version: "2.0",
      rawPath: `/v1${path}`,
      rawQueryString: "",
      headers,
      requestContext: { http: { method, path: `/v1${path}` }, domainName: "localhost" },
      body: JSON.stringify(body),
      isBase64Encoded: false,
    } as unknown as APIGatewayProxyEventV2;
    const { statusCode = 500, body: text = "null" } = await handleSearch(event);
    return { status: statusCode, body: JSON.parse(text) };
  };
  process.on("message", (request: ProcessRequest) => {
    void answer(request).then(
      (result) => process.send?.({ n: request.n, ...result }),
      (error: unknown) => process.send?.({ n: request.n, status: 0, body: String(error) }),
    );
  });
  process.send?.({ n: 0, status: 200, body: null });
};

await serve(JSON.parse(String(process.argv[2])) as ProcessOptions);
