import { type PolicyTable, toDynamoDbCalls } from "../iam/dynamodb-calls.ts";
import { type CheckedCall, jsonOf, jsonResponse, operationOf, type ProxiedService } from "./service.ts";

/** Operations that name streams, or whose answers do. */
const STREAM_OPERATIONS: ReadonlySet<string> = new Set([
  "DescribeStream",
  "DescribeTable",
  "GetRecords",
  "GetShardIterator",
  "ListStreams",
]);

/** Iterators whose streams are remembered; the oldest are dropped. */
const MAX_ITERATORS = 1000;

/** Converts ARNs in a text. dynoxide has a region of its own. */
interface EngineArns {
  readonly toEngine: (text: string) => string;
  readonly toTemplate: (text: string) => string;
}

/** DynamoDB and its streams. @param findTable returns a table by its name or ARN */
export const proxyDynamoDb = (
  target: string,
  findTable: (name: string) => PolicyTable,
  { toEngine, toTemplate }: EngineArns,
): ProxiedService => {
  /** The streams of iterators, which do not name them. */
  const streams = new Map<string, string>();

  const toStreamCalls = (operation: string, input: Readonly<Record<string, unknown>>): readonly CheckedCall[] => {
    if (operation === "ListStreams")
      return [
        { action: "dynamodb:ListStreams", resource: `${findTable(String(input.TableName)).arn}/stream/*`, context: {} },
      ];
    const arn = operation === "GetRecords" ? streams.get(String(input.ShardIterator)) : input.StreamArn;
    return [{ action: `dynamodb:${operation}`, resource: String(arn ?? "unknown"), context: {} }];
  };

  return {
    target,
    toCalls: (request) => {
      const [operation, input] = [operationOf(request), jsonOf(request)];
      return String(request.headers["x-amz-target"]).startsWith("DynamoDBStreams_")
        ? toStreamCalls(operation, input)
        : toDynamoDbCalls(operation, input, findTable);
    },
    refuse: (message) =>
      jsonResponse(400, { __type: "com.amazon.coral.service#AccessDeniedException", Message: message }),
    prepare: (request) =>
      STREAM_OPERATIONS.has(operationOf(request))
        ? { ...request, body: Buffer.from(toEngine(request.body.toString("utf8"))) }
        : request,
    onResponse: (request, engineResponse) => {
      const operation = operationOf(request);
      if (engineResponse.status !== 200 || !STREAM_OPERATIONS.has(operation)) return engineResponse;
      const response = { ...engineResponse, body: toTemplate(String(engineResponse.body)) };
      if (operation !== "GetShardIterator" && operation !== "GetRecords") return response;
      const { StreamArn, ShardIterator } = jsonOf(request);
      const answer = JSON.parse(String(response.body)) as { ShardIterator?: string; NextShardIterator?: string };
      const arn = StreamArn ?? streams.get(String(ShardIterator));
      const next = answer.ShardIterator ?? answer.NextShardIterator;
      if (next !== undefined && arn !== undefined) streams.set(next, String(arn));
      if (streams.size > MAX_ITERATORS)
        for (const first of [...streams.keys()].slice(0, MAX_ITERATORS / 2)) streams.delete(first);
      return response;
    },
  };
};
