import { describe, expect, it } from "@jest/globals";
import { TABLE } from "../../adapters/store/dynamodb/table.ts";
import { readConfig } from "../../config/config.ts";
import { SEARCH_ROUTES } from "../../config/functions.ts";
import { streamFilters } from "../../config/stream-filters.ts";
import { matchesPattern } from "../../lib/filter-pattern.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { PLUGINS, type Synthesized, synthesize, synthesizeTable } from "./synthesize.ts";

const stack = synthesize();
const described = ({ all }: Synthesized) =>
  all("AWS::Lambda::Function").map(({ properties }) => properties.Description);
const routes = ({ all }: Synthesized) => all("AWS::ApiGatewayV2::Route").map(({ properties }) => properties.RouteKey);
const mappingOf = (lambda: string) =>
  stack
    .all("AWS::Lambda::EventSourceMapping")
    .find(({ properties }) => properties.FunctionName === `<${stack.lambda(lambda).id}>`)?.properties ?? {};

describe("the stack", () => {
  it("has four functions, a worker per listener, and one for the jobs of a plugin", () => {
    expect(described(stack).sort()).toEqual([
      "Kintoun: runs the jobs of search",
      "Kintoun: runs the listener email-notify",
      "Kintoun: runs the listener search-index",
      "Kintoun: runs the listener store-purge",
      "Kintoun: sends changes to the listeners' queues",
      "Kintoun: serves searches",
      "Kintoun: serves the HTTP API",
    ]);
  });

  it("sends searches to the search function and everything else to the api", () => {
    const target = (route: string) => {
      const { Target } =
        stack.all("AWS::ApiGatewayV2::Route").find(({ properties }) => properties.RouteKey === route)?.properties ?? {};
      return stack.all("AWS::ApiGatewayV2::Integration").find(({ id }) => Target === `integrations/<${id}>`)
        ?.properties;
    };

    const searches = SEARCH_ROUTES.flatMap(({ path, methods }) => methods.map((method) => `${method} /v1${path}`));
    expect(routes(stack).sort()).toEqual(["$default", ...searches].sort());
    expect(target("$default")).toMatchObject({
      IntegrationUri: `<${stack.lambda("serves the HTTP API").id}.Arn>`,
      PayloadFormatVersion: "2.0",
    });
    for (const route of searches)
      expect(target(route)).toMatchObject({ IntegrationUri: `<${stack.lambda("serves searches").id}.Arn>` });
  });

  it("has no search function, route or grant when no plugin needs search", () => {
    const without = synthesize([basicauth()]);

    expect(routes(without)).toEqual(["$default"]);
    expect(described(without)).not.toContain("Kintoun: serves searches");
    expect(JSON.stringify(without.all("AWS::IAM::Policy"))).not.toContain('"es:');
  });

  it("follows KINTOUN_PLUGINS and passes it to the functions", () => {
    const variables = { KINTOUN_PLUGINS: "basicauth" };
    const chosen = synthesize([basicauth(), search({ domain: "finder" })], {
      overrides: { plugins: ["basicauth"] },
      variables,
    });

    expect(routes(chosen)).toEqual(["$default"]);
    expect(chosen.all("AWS::Lambda::Function").map(({ properties }) => properties.Environment)).toEqual(
      Array.from({ length: 3 }, () => ({ Variables: expect.objectContaining(variables) })),
    );
  });

  it("gives every function its memory, time-out, Node version and log retention", () => {
    const deploy = { apiMemoryMb: 2048, searchMemoryMb: 1769, dispatchMemoryMb: 300, workerMemoryMb: 400 };
    const about = ["serves the HTTP API", "serves searches", "listeners' queues", "listener search-index"];
    const memoriesOf = (one: Synthesized) => about.map((text) => one.lambda(text).properties.MemorySize);
    expect(memoriesOf(stack)).toEqual([1024, 1024, 512, 512]);
    expect(memoriesOf(synthesize(PLUGINS, { overrides: { deploy } }))).toEqual([2048, 1769, 300, 400]);
    expect(about.map((text) => stack.lambda(text).properties.Timeout)).toEqual([29, 29, 60, 60]);
    for (const { properties } of stack.all("AWS::Lambda::Function")) {
      expect([29, 60, 900]).toContain(properties.Timeout);
      expect(properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], Handler: "main.handler" });
    }
    const logs = stack.all("AWS::Logs::LogGroup");
    expect(logs).toHaveLength(described(stack).length + 1);
    expect(logs.every(({ properties }) => properties.RetentionInDays === 30)).toBe(true);
  });

  it("has a table with on-demand billing and point-in-time recovery, which is retained", () => {
    const table = synthesizeTable();

    expect(table.DeletionPolicy).toBe("Retain");
    expect(table.properties).toMatchObject({
      TableName: "Kintoun",
      BillingMode: "PAY_PER_REQUEST",
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: TABLE.expiry, Enabled: true },
      KeySchema: [
        { AttributeName: TABLE.partitionKey, KeyType: "HASH" },
        { AttributeName: TABLE.sortKey, KeyType: "RANGE" },
      ],
      LocalSecondaryIndexes: [
        ...[TABLE.index, TABLE.revisionIndex].map(({ name, projects }) => ({
          IndexName: name,
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...projects] },
        })),
      ],
      StreamSpecification: { StreamViewType: TABLE.stream },
    });
  });

  it("reads the stream from its beginning and sends discarded batches to the failures queue", () => {
    const [failures, ...others] = stack
      .all("AWS::SQS::Queue")
      .filter(({ id }) => JSON.stringify(mappingOf("listeners' queues").DestinationConfig).includes(`<${id}.Arn>`));

    expect(others).toEqual([]);
    const [streamCall] = stack.deployment("Custom::AWS");
    expect(mappingOf("listeners' queues")).toMatchObject({
      EventSourceArn: `<${streamCall?.id}.Table.LatestStreamArn>`,
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 100,
      MaximumRetryAttempts: 20,
      MaximumRecordAgeInSeconds: 23 * 3600,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      DestinationConfig: { OnFailure: { Destination: `<${failures?.id}.Arn>` } },
    });
  });

  it("passes only objects, queued jobs and messages to dispatch", () => {
    const { Filters } = mappingOf("listeners' queues").FilterCriteria as { Filters: { Pattern: string }[] };
    const patterns = Filters.map(({ Pattern }) => JSON.parse(Pattern));
    const record = (pk: string, image: Record<string, string>, name: "NewImage" | "OldImage" = "NewImage") => ({
      dynamodb: { Keys: { pk: { S: pk } }, [name]: mapValues(image, (value) => ({ S: value })) },
    });
    const passing = [
      record("/buckets", { kind: "bucket" }),
      record("/buckets", { kind: "bucket" }, "OldImage"),
      record("job#1", { kind: "action", status: "queued" }),
      record("message#inbox#1", { status: "queued" }),
    ];
    const others = [
      record("/buckets", {}),
      record("claim#email-notify#e", {}),
      record("who#alice", {}),
      record("jobs#alice", {}),
      record("job#1", { kind: "action", status: "running" }),
      record("message#inbox#1", { status: "queued" }, "OldImage"),
    ];

    expect(patterns).toEqual(streamFilters(readConfig({ plugins: PLUGINS })));
    expect([...others, ...passing].filter((one) => patterns.some((pattern) => matchesPattern(pattern, one)))).toEqual(
      passing,
    );
  });

  it("writes no header, query or body into the access log", () => {
    const [{ properties } = { properties: {} }] = stack.all("AWS::ApiGatewayV2::Stage");
    const { Format } = (properties as { AccessLogSettings: { Format: string } }).AccessLogSettings;

    expect(properties).toMatchObject({ StageName: "$default", AutoDeploy: true });
    expect(Object.keys(JSON.parse(Format))).toEqual([
      "time",
      "request_id",
      "ip",
      "method",
      "path",
      "status",
      "bytes",
      "ms",
      "lambda_ms",
      "error",
    ]);
  });

  it("limits the rate of requests", () => {
    const settingsOf = (one: Synthesized) => one.all("AWS::ApiGatewayV2::Stage")[0]?.properties.DefaultRouteSettings;
    const deploy = { requestsPerSecond: 7.5, requestBurst: 9 };

    expect(settingsOf(stack)).toEqual({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
    expect(settingsOf(synthesize(PLUGINS, { overrides: { deploy } }))).toEqual({
      ThrottlingRateLimit: 7.5,
      ThrottlingBurstLimit: 9,
    });
  });

  it("has no resource that is billed by the hour", () => {
    const paid = [
      "AWS::EC2::NatGateway",
      "AWS::SecretsManager::Secret",
      "AWS::KMS::Key",
      "AWS::OpenSearchService::Domain",
      "AWS::CloudWatch::Alarm",
      "AWS::Lambda::Version",
    ];

    expect(paid.flatMap((type) => stack.all(type))).toEqual([]);
  });
});
