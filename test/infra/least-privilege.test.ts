import { describe, expect, it } from "@jest/globals";
import { defineHookPoint, defineInterface, definePlugin, need, storeHookPoints } from "@kintoun/kit";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../plugins/default-bucket/index.ts";
import { flush } from "../../plugins/flush/index.ts";
import { search } from "../../plugins/search/index.ts";
import { allows, roleOf, type Statement } from "./roles.ts";
import { PLUGINS, synthesize, TABLE_ARN } from "./synthesize.ts";

const stack = synthesize();
const lambdas = stack.all("AWS::Lambda::Function");
const table = TABLE_ARN;
const listActions = (role: readonly Statement[], service: string) =>
  [...new Set(role.flatMap(({ actions }) => actions).filter((action) => action.startsWith(`${service}:`)))].sort();
const role = (about: string, of = stack) => roleOf(of, of.lambda(about));
const mayWriteObjects = (statements: readonly Statement[]) =>
  allows(statements, { action: "dynamodb:PutItem", resource: table, keys: ["/buckets"] });

describe("roles of the functions", () => {
  it("are separate for every function", () => {
    expect(new Set(lambdas.map(({ properties }) => properties.Role)).size).toBe(lambdas.length);
    expect(stack.all("AWS::IAM::Role")).toHaveLength(lambdas.length);
  });

  it("use wildcards only for resources that only a pattern can name", () => {
    const patterns = new Set(
      lambdas
        .flatMap((lambda) => roleOf(stack, lambda))
        .flatMap(({ actions, resources }) => [...actions, ...resources].filter((text) => text.includes("*"))),
    );

    expect(
      [...patterns]
        .map((pattern) => pattern.replace(/^arn:<AWS::Partition>:(\w+):<AWS::Region>:<AWS::AccountId>:/, "$1 "))
        .sort(),
    ).toEqual([
      "dynamodb table/Kintoun/stream/*",
      "es domain/finder/_alias/kintoun-*",
      "es domain/finder/kintoun-*",
      "es domain/finder/kintoun-*/_alias",
      "es domain/finder/kintoun-*/_delete_by_query",
      "es domain/finder/kintoun-*/_mget",
      "es domain/finder/kintoun-*/_msearch",
      "es domain/finder/kintoun-*/_search",
      "ses configuration-set/*",
      "ses identity/*",
    ]);
  });

  it("allow only api to write objects", () => {
    expect(
      lambdas
        .filter((lambda) => mayWriteObjects(roleOf(stack, lambda)))
        .map(({ properties }) => properties.Description),
    ).toEqual(["Kintoun: serves the HTTP API"]);
  });

  it("allow writes of the keys of others only within transactions", () => {
    const keys = ["/buckets", "who#alice", "/buckets/b/collections"];
    const call = { action: "dynamodb:DeleteItem", resource: table, keys };

    expect([
      allows(role("serves the HTTP API"), { ...call, enclosing: "TransactWriteItems" }),
      allows(role("serves the HTTP API"), call),
      allows(role("serves the HTTP API"), {
        ...call,
        keys: [...keys, "secret#userid_hmac_secret"],
        enclosing: "TransactWriteItems",
      }),
      allows(role("runs the listener email-notify"), { ...call, enclosing: "TransactWriteItems" }),
      allows(role("runs the listener store-purge"), { ...call, enclosing: "TransactWriteItems" }),
    ]).toEqual([true, false, false, false, true]);
  });

  it("never allow to scan, delete or change the table", () => {
    const all = lambdas.flatMap((lambda) => listActions(roleOf(stack, lambda), "dynamodb"));

    expect([...new Set(all)].sort()).toEqual(
      [
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "DescribeStream",
        "GetItem",
        "GetRecords",
        "GetShardIterator",
        "ListStreams",
        "PutItem",
        "Query",
        "UpdateItem",
      ].map((action) => `dynamodb:${action}`),
    );
  });

  it("restrict every table access to partition keys", () => {
    const onTable = lambdas
      .flatMap((lambda) => roleOf(stack, lambda))
      .filter(({ resources }) => resources.some((resource) => resource === table || resource.includes("/index/")));

    expect(
      onTable.filter(({ condition }) => condition["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"] === undefined),
    ).toEqual([]);
  });

  it("allow search to read permissions and the domain, and to change neither", () => {
    const search = role("serves searches");

    expect(listActions(search, "es")).toEqual(["es:ESHttpPost"]);
    expect(
      allows(search, {
        action: "es:ESHttpPost",
        resource: "arn:<AWS::Partition>:es:<AWS::Region>:<AWS::AccountId>:domain/finder/_bulk",
      }),
    ).toBe(false);
    // It finds what is shared with a user.
    expect(allows(search, { action: "dynamodb:Query", resource: table, keys: ["who#basicauth:1"] })).toBe(true);
    expect(allows(search, { action: "dynamodb:PutItem", resource: table, keys: ["who#basicauth:1"] })).toBe(false);
    expect(allows(search, { action: "dynamodb:GetItem", resource: table, keys: ["secret#page_token_secret"] })).toBe(
      false,
    );
  });

  it("allow a worker to claim only its own deliveries, and none if it is idempotent", () => {
    const mailer = role("runs the listener email-notify");

    expect(allows(mailer, { action: "dynamodb:PutItem", resource: table, keys: ["claim#email-notify#e1"] })).toBe(true);
    expect(allows(mailer, { action: "dynamodb:PutItem", resource: table, keys: ["claim#email-notify-too#e1"] })).toBe(
      false,
    );
    // It compares its index with lists, and starts jobs.
    const indexer = role("runs the listener search-index");
    expect(listActions(indexer, "dynamodb")).toEqual([
      "dynamodb:BatchGetItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
    ]);
    expect(mayWriteObjects(indexer)).toBe(false);
    expect(allows(indexer, { action: "dynamodb:PutItem", resource: table, keys: ["claim#search-index#e1"] })).toBe(
      false,
    );
  });

  it("allow a worker to send mail or write the index only if its plugin needs it", () => {
    const withAction = (action: string) =>
      lambdas
        .filter((lambda) => roleOf(stack, lambda).some(({ actions }) => actions.includes(action)))
        .map(({ properties }) => properties.Description);

    expect(withAction("ses:SendEmail")).toEqual(["Kintoun: runs the listener email-notify"]);
    expect(withAction("es:ESHttpDelete")).toEqual([
      "Kintoun: runs the listener search-index",
      "Kintoun: runs the jobs of search",
    ]);
  });

  it("allow a worker to send mail only as the plugin's sender", () => {
    const [mail] = role("runs the listener email-notify").filter(({ actions }) => actions.includes("ses:SendEmail"));

    expect(mail?.condition).toEqual({ StringEquals: { "ses:FromAddress": ["desk@example.org"] } });
  });

  it("need nothing for an SMTP server", () => {
    const relay = definePlugin({
      name: "relay",
      about: "Mails by SMTP.",
      needs: () => ({
        mail: need.mail({
          via: { host: "mail.example.org", port: 587, security: "starttls" },
          from: "desk@example.org",
        }),
      }),
      listeners: { go: { on: ["record.create"], run: () => {} } },
    });
    const of = synthesize([relay()]);

    expect(listActions(role("runs the listener relay-go", of), "ses")).toEqual([]);
  });

  it("include the needs of authenticating plugins in both HTTP functions", () => {
    const secret = { action: "dynamodb:GetItem", resource: table, keys: ["secret#userid_hmac_secret"] };

    expect(allows(role("serves searches", synthesize([basicauth(), ...PLUGINS.slice(1)])), secret)).toBe(true);
    expect(
      allows(
        role(
          "serves searches",
          synthesize(PLUGINS.filter(({ name }) => name !== "basicauth" && name !== "default-bucket")),
        ),
        secret,
      ),
    ).toBe(false);
  });

  it("include the needs of a plugin that serves requests in api, and in search only if it rewrites, filters or renders", () => {
    const secret = { action: "dynamodb:GetItem", resource: table, keys: ["secret#userid_hmac_secret"] };
    const secretive = definePlugin({
      name: "secretive",
      about: "Says whether there is a secret.",
      needs: () => ({ secret: need.storeSecret("userid_hmac_secret") }),
      setup: ({ resources }) => resources,
      routes: {
        "GET /secretive": {
          about: "Says whether there is a secret.",
          run: async (_, { services }) => ({ status: 200, body: String((await services.secret()) !== "") }),
        },
      },
    });
    const withRewrite = synthesize([defaultBucket(), search({ domain: "finder" })]);
    const withRoute = synthesize([secretive(), search({ domain: "finder" })]);

    expect(allows(role("serves the HTTP API", withRewrite), secret)).toBe(true);
    expect(allows(role("serves searches", withRewrite), secret)).toBe(true);
    expect(allows(role("serves the HTTP API", withRoute), secret)).toBe(true);
    expect(allows(role("serves searches", withRoute), secret)).toBe(false);
    expect(allows(role("serves the HTTP API", synthesize([search({ domain: "finder" })])), secret)).toBe(false);
  });

  it("allow a worker to access only the objects of its plugin's data need", () => {
    const reader = definePlugin({
      name: "reader",
      about: "Reads.",
      needs: () => ({ data: need.data({ read: ["/buckets/*/collections/posts"], "group:create": ["/buckets/team"] }) }),
      listeners: { hear: { on: ["record.create"], run: () => {} } },
    });
    const worker = role("runs the listener reader-hear", synthesize([reader()]));
    const may = (action: string, key: string) =>
      allows(worker, { action: `dynamodb:${action}`, resource: table, keys: [key] });
    const allowed = [
      "/buckets",
      "/buckets/b/collections",
      "/buckets/b/collections/posts/records",
      "/buckets/team/groups",
    ];
    const others = [
      "/beds",
      "/buckets/b/groups",
      "/buckets/b/collections/drafts/records",
      "/buckets/team/groups/g/things",
      "secret#userid_hmac_secret",
      "who#basicauth:1",
    ];

    expect(allowed.map((key) => [may("BatchGetItem", key), may("PutItem", key)])).toEqual([
      ...Array(3).fill([true, false]),
      [true, true],
    ]);
    expect(others.filter((key) => may("BatchGetItem", key) || may("Query", key) || may("UpdateItem", key))).toEqual([]);
    expect(may("Query", "who#plugin:reader")).toBe(true);
  });

  it("add nothing to api for data needs, because it serves all objects", () => {
    const writing = definePlugin({
      name: "writing",
      about: "Writes.",
      needs: () => ({ data: need.data({ write: ["/buckets/b"] }) }),
      routes: { "GET /writing": { about: "Is there.", run: () => ({ status: 200, body: "{}" }) } },
    });
    expect(role("serves the HTTP API", synthesize([writing()]))).toEqual(role("serves the HTTP API", synthesize([])));
  });

  it("include the needs of implementations, hooks and publishers of a plugin where it runs", () => {
    const mail = () => ({ mail: need.mail({ via: "ses", from: "desk@example.org" }) });
    const munger = defineInterface<{ munge: (text: string) => string }>("munger");
    const point = defineHookPoint<{ text: string }>({
      name: "owner.done",
      about: "Once it is done.",
      params: { text: "What." },
      veto: false,
    });
    const owner = definePlugin({
      name: "owner",
      about: "Asks others.",
      interfaces: [munger],
      hookPoints: [point],
      listeners: { hear: { on: ["record.create"], run: () => {} }, other: { on: ["record.create"], run: () => {} } },
    });
    const implementer = definePlugin({
      name: "a",
      about: "Munges.",
      needs: mail,
      implementations: { munge: { interface: munger, with: () => ({ munge: (text: string) => text }) } },
    });
    const attached = definePlugin({
      name: "a",
      about: "Hooks.",
      needs: mail,
      hooks: { at: { done: { point, run: () => {} } } },
    });
    const reading = definePlugin({
      name: "a",
      about: "Hides records.",
      needs: mail,
      hooks: { read: { look: { on: ["record.read"], run: () => {} } } },
    });
    const watching = definePlugin({
      name: "a",
      about: "Watches requests.",
      needs: mail,
      hooks: { at: { look: { point: storeHookPoints["request.start"], run: () => {} } } },
    });
    const purging = definePlugin({
      name: "a",
      about: "Hooks.",
      needs: mail,
      hooks: { at: { done: { point: storeHookPoints["purge.post"], run: () => {} } } },
    });
    const publisher = definePlugin({
      name: "a",
      about: "Publishes.",
      needs: mail,
      publishers: { tell: { about: "Publishes.", from: () => ["owner-other"], publish: async () => {} } },
    });
    const functionsThatMail = (...plugins: Parameters<typeof synthesize>[0] & object) => {
      const of = synthesize(plugins);
      return of
        .all("AWS::Lambda::Function")
        .flatMap((lambda) =>
          roleOf(of, lambda).some(({ actions }) => actions.includes("ses:SendEmail"))
            ? [String(lambda.properties.Description)]
            : [],
        );
    };
    const both = ["Kintoun: runs the listener owner-hear", "Kintoun: runs the listener owner-other"];

    expect(functionsThatMail(owner(), implementer()).sort()).toEqual(both);
    expect(functionsThatMail(owner(), attached()).sort()).toEqual(both);
    const serving = ["Kintoun: serves searches", "Kintoun: serves the HTTP API"];
    for (const plugin of [reading, watching])
      expect(functionsThatMail(search({ domain: "finder" }), plugin()).sort()).toEqual(serving);
    expect(functionsThatMail(owner(), purging())).toEqual(["Kintoun: runs the listener store-purge"]);
    expect(functionsThatMail(owner(), publisher())).toEqual(["Kintoun: runs the listener owner-other"]);
    expect(functionsThatMail(implementer())).toEqual([]);
  });

  it("let plugins of which only indexes run read, and run no hooks of others for them", () => {
    const records = "/buckets/shop/collections/goods/records";
    const goods = definePlugin({
      name: "goods",
      about: "Finds goods, and stores them.",
      needs: () => ({
        data: need.data({ read: ["/buckets/shop/collections/rates"], write: ["/buckets/shop/collections/log"] }),
        goods: need.index("Goods"),
        mail: need.mail({ via: "ses", from: "desk@example.org" }),
      }),
      indexes: { Goods: { about: "Goods.", of: () => "/buckets/shop/collections/goods" } },
      listeners: { sync: { on: ["bucket.update"], run: () => {} } },
    });
    const guard = definePlugin({
      name: "guard",
      about: "Signs what is stored.",
      needs: () => ({ key: need.secret("key") }),
      hooks: { before: { sign: { on: ["record.create"], run: () => {} } } },
    });
    const of = synthesize([search(), goods(), guard()]);
    const may = (about: string) => {
      const statements = role(about, of);
      const can = (action: string, key: string) =>
        allows(statements, { action: `dynamodb:${action}`, resource: table, keys: [key] });
      return {
        reads: can("BatchGetItem", "/buckets/shop/collections/rates/records"),
        writes: can("PutItem", records) || can("PutItem", "/buckets/shop/collections/log/records"),
        mails: listActions(statements, "ses").length > 0,
        signs: can("GetItem", "secret#guard.key"),
      };
    };
    const reading = { reads: true, writes: false, mails: false, signs: false };

    expect(may("runs the listener search-index")).toEqual(reading);
    expect(may("serves searches")).toEqual(reading);
    expect(may("runs the jobs of search")).toEqual(reading);
    expect(may("runs the listener goods-sync")).toEqual({ reads: true, writes: true, mails: true, signs: true });
  });

  it("allow api to delete top-level objects only if a plugin needs flush", () => {
    const mayDelete = (of: typeof stack, key: string) =>
      allows(role("serves the HTTP API", of), { action: "dynamodb:DeleteItem", resource: table, keys: [key] });
    const flushing = synthesize([...PLUGINS, flush()]);

    const withDevices = definePlugin({
      name: "lab",
      about: "Is a test.",
      resources: { device: { about: "A sensor." } },
    });

    expect([mayDelete(stack, "/buckets"), mayDelete(flushing, "/buckets")]).toEqual([false, true]);
    expect([
      mayDelete(flushing, "/devices"),
      mayDelete(synthesize([...PLUGINS, flush(), withDevices()]), "/devices"),
    ]).toEqual([false, true]);
    expect(mayDelete(flushing, "/buckets/b/collections")).toBe(false);
  });

  it("allow api to check queues and search the domain, not to send or index", () => {
    const api = role("serves the HTTP API");
    const sources = stack
      .all("AWS::Lambda::EventSourceMapping")
      .map(({ properties }) => String(properties.EventSourceArn));
    const queues = sources.filter((arn) => !arn.endsWith("StreamArn>"));
    const readable = api
      .filter(({ actions }) => actions.includes("sqs:GetQueueAttributes"))
      .flatMap(({ resources }) => resources);

    expect(listActions(api, "sqs")).toEqual(["sqs:GetQueueAttributes"]);
    expect(readable.sort()).toEqual(queues.sort());
    expect(listActions(api, "es")).toEqual(["es:ESHttpGet", "es:ESHttpPost"]);
    expect(
      api.filter(({ actions }) => actions.includes("es:ESHttpPost")).flatMap(({ resources }) => resources),
    ).toEqual([expect.stringMatching(/\/kintoun-\*\/_msearch$/), expect.stringMatching(/\/kintoun-\*\/_search$/)]);
    expect(listActions(role("serves the HTTP API", synthesize([basicauth()])), "es")).toEqual([]);
  });

  it("allow dispatch to send to queues and read only the stream", () => {
    const dispatch = role("sends changes to the listeners' queues");
    const queues = new Set(
      dispatch.filter(({ actions }) => actions.includes("sqs:SendMessage")).flatMap(({ resources }) => resources),
    );
    const dead = stack
      .all("AWS::SQS::Queue")
      .map(
        ({ properties }) =>
          (properties.RedrivePolicy as { deadLetterTargetArn: string } | undefined)?.deadLetterTargetArn,
      );

    expect([...queues].some((queue) => dead.includes(queue))).toBe(false);
    expect(queues.size).toBe(5);
    expect(listActions(dispatch, "dynamodb")).toEqual([
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
    ]);
  });
});
