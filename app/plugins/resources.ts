import { tmpdir } from "node:os";
import { join } from "node:path";
import { pluginVariable } from "../../config/plugin-variables.ts";
import { UserError } from "../../config/user-error.ts";
import { toOutgoingCauses } from "../../core/events/provenance.ts";
import type { Files } from "../../core/ports/files.ts";
import type { HttpClient } from "../../core/ports/http.ts";
import type { Mailer } from "../../core/ports/mail.ts";
import type { SearchEngine } from "../../core/ports/search-engine.ts";
import type { SnapshotStore } from "../../core/ports/snapshots.ts";
import type { Topic } from "../../core/ports/topic.ts";
import type {
  HttpNeed,
  MailNeed,
  ParameterNeed,
  PluginNeed,
  ResourceOf,
  SearchNeed,
  StoreSecretNeed,
  TopicNeed,
} from "../../kit/need.ts";
import { storeHookPoints } from "../../kit/parts/hook-points.ts";
import { listTypes } from "../../kit/parts/index-types.ts";
import { once } from "../../lib/util/once.ts";
import type { AppContext } from "../app-context.ts";
import { createBus } from "../bus.ts";
import { createActionStarter } from "./action-starter.ts";
import { createDryRunResource } from "./dry-run.ts";
import { runHooksAt } from "./hook-runner.ts";
import { createIndexObjects } from "./index-objects.ts";
import { joinCounters } from "./join-counters.ts";
import { createOwnQueue } from "./own-queue.ts";
import { createPluginData } from "./plugin-data.ts";

/** Creates the resource of a need. In a dry run it reports effects instead of causing them. */
export const createResource = async (app: AppContext, need: PluginNeed): Promise<ResourceOf[PluginNeed["kind"]]> =>
  app.onSideEffect === undefined
    ? createRealResource(app, need)
    : createDryRunResource(app, need, app.onSideEffect, () => createRealResource(app, need));

const createRealResource = async (app: AppContext, need: PluginNeed): Promise<ResourceOf[PluginNeed["kind"]]> => {
  switch (need.kind) {
    case "bus":
      return closeWithApp(
        app,
        await createBus(app.cloud, need.name, () => toOutgoingCauses(app.provenances.getStore())),
      );
    case "file":
      return (await import("../../adapters/file/append-file.ts")).createAppendFile(need.path);
    case "files":
      return createFiles(app, need.plugin);
    case "topic":
      return createTopic(app, need);
    case "mail":
      return createMailer(app, need);
    case "search":
      return createSearchEngine(app, need);
    case "store-secret":
      return createStoreSecret(app, need);
    case "secret":
      return once(() => app.store.getSecret(`${need.plugin}.${need.name}`));
    case "parameter":
      return createParameter(app, need);
    case "variable":
      return app.config.pluginVariables.get(pluginVariable(need));
    case "data":
      return createPluginData(app, need.plugin, need.permissions, need.principals);
    case "state":
      return joinCounters(app, need.plugin);
    case "queue":
      return createOwnQueue(app, need);
    case "action":
      return createActionStarter(app, need);
    case "index":
      return createIndexObjects(app, need);
    case "http":
      return createPluginHttp(need);
    case "versions":
      return (await import("./version-history.ts")).createVersionHistory(app);
    case "operations":
      return (await import("./operations.ts")).createOperations(app);
    case "inspection":
      return (await import("./inspection.ts")).createInspection(app);
    case "flush":
      return async (until) => {
        await runHooksAt(app, storeHookPoints["flush.pre"], {});
        const done = await app.store.flush(app.config.resources.top, until);
        if (done) await runHooksAt(app, storeHookPoints["flush.post"], {});
        return done;
      };
  }
};

const createPluginHttp = async (need: HttpNeed): Promise<HttpClient> => {
  const { createHttpClient } = await import("../../adapters/http/http-client.ts");
  return need.private ? createHttpClient({ isAllowed: () => true, allowsHttp: true }) : createHttpClient();
};

/** Loads the mail library on first use: a plugin that sends mail may also have parts in `api`, where it sends none. */
const createMailer = (app: AppContext, { plugin, via, password }: MailNeed & PluginNeed): Mailer => {
  const open = once(async () => {
    const { mail } = app.cloud;
    const server = mail === undefined || (mail.sendsSmtp && via !== "ses") ? via : mail.sink;
    if (server === "ses") return closeWithApp(app, (await import("../../adapters/mail/ses.ts")).createSesMailer());
    const { createSmtpMailer } = await import("../../adapters/mail/smtp.ts");
    return closeWithApp(app, createSmtpMailer(server, password && createParameter(app, { ...password, plugin })));
  });
  return { send: async (mail) => (await open()).send(mail), close: async () => undefined };
};

/** Reads the plugin's variable, or the Parameter Store if the variable is not set. */
const createParameter = (
  app: AppContext,
  need: ParameterNeed & { readonly plugin: string },
): (() => Promise<string>) => {
  const variable = pluginVariable(need);
  const value = app.config.pluginVariables.get(variable);
  if (value !== undefined) return async () => value;
  const { ssm = {} } = app.cloud;
  if (ssm === "none") {
    const message = `The plugin '${need.plugin}' needs '${need.name}'. In AWS it is the parameter ${need.parameter}. Here, set the variable ${variable}.`;
    return () => Promise.reject(new UserError([message]));
  }
  const open = once(async () => {
    const { createParameterReader } = await import("../../adapters/parameter/ssm.ts");
    return closeWithApp(app, createParameterReader(need.parameter, ssm));
  });
  return async () => (await open()).read();
};

const createTopic = async (app: AppContext, { arn }: TopicNeed): Promise<Topic> => {
  const { sns } = app.cloud;
  const { createSnsTopic } = await import("../../adapters/topic/sns.ts");
  return closeWithApp(
    app,
    createSnsTopic({
      arn: sns?.topics[arn] ?? arn,
      causes: () => toOutgoingCauses(app.provenances.getStore()),
      ...(sns && { client: sns.client }),
    }),
  );
};

const createFiles = async (app: AppContext, plugin: string): Promise<Files> => {
  const { files } = app.cloud;
  const bucket = files?.buckets[plugin];
  if (files === undefined || bucket === undefined) return createUnknownFiles(plugin);
  const { createS3Files } = await import("../../adapters/files/s3.ts");
  return closeWithApp(app, createS3Files({ connection: files.s3, bucket, origin: files.origin }));
};

/** Rejects each call: a process that only runs other parts of the plugin needs no files. */
const createUnknownFiles = (plugin: string): Files => {
  const reject = () =>
    Promise.reject(
      new UserError([`The bucket with the files of the plugin '${plugin}' is unknown. Deploy the stack again.`]),
    );
  return {
    put: reject,
    get: reject,
    getStart: reject,
    // biome-ignore lint/correctness/useYield: there is nothing to read
    read: async function* () {
      await reject();
    },
    upload: reject,
    describe: reject,
    delete: reject,
    signUpload: reject,
    signDownload: reject,
    close: async () => undefined,
  };
};

/** Maximum size of the index files on a laptop, and in a function: half of Lambda's default of ephemeral storage. */
const MAX_INDEX_BYTES = { local: 4 * 1024 ** 3, function: 256 * 1024 ** 2 };
/** Where functions keep index files: `/tmp/search` in Lambda. */
const FUNCTION_INDEX_FOLDER = join(tmpdir(), "search");

const loadIndexDescriber = async (app: AppContext) => {
  const { createIndexDescriber } = await import("./describe-index.ts");
  return createIndexDescriber(app);
};

/** Opens where the embedded engine keeps copies of indexes. */
const openSnapshots = async (app: AppContext): Promise<SnapshotStore | undefined> => {
  const { indexCopies } = app.cloud;
  if (indexCopies === undefined) return undefined;
  const { createS3Snapshots } = await import("../../adapters/snapshots/s3.ts");
  const snapshots = createS3Snapshots(indexCopies.s3, indexCopies.bucket);
  app.closing.push(async () => snapshots.close());
  return snapshots;
};

/** Creates the search engine of a need: OpenSearch in AWS, if the need names it, otherwise the embedded engine. */
export const createSearchEngine = async (
  app: AppContext,
  { domain, serverless }: Pick<SearchNeed, "domain" | "serverless">,
): Promise<SearchEngine> => {
  const { search, openSearch, searchEndpoints = {} } = app.cloud;
  if (openSearch !== undefined) {
    const { openOpenSearch } = await import("../../adapters/search/opensearch/engine.ts");
    return closeWithApp(app, openOpenSearch(openSearch, await createEngineContext(app)));
  }
  if (search !== undefined || (domain === undefined && serverless === undefined)) {
    const { openSqliteSearch } = await import("../../adapters/search/sqlite/engine.ts");
    const { store, log } = app;
    const place =
      search === undefined
        ? { folder: FUNCTION_INDEX_FOLDER, maxBytes: MAX_INDEX_BYTES.function }
        : { ...search, maxBytes: MAX_INDEX_BYTES.local };
    const snapshots = await openSnapshots(app);
    const copies = snapshots && { snapshots, describe: await loadIndexDescriber(app) };
    return closeWithApp(app, openSqliteSearch({ ...place, store, log, copies }));
  }
  if (serverless !== undefined) {
    const host = searchEndpoints[serverless.name];
    if (host === undefined)
      throw new UserError([`plugins: the collection ${serverless.name} of search is unknown. Deploy the stack again.`]);
    const { openServerlessSearch } = await import("../../adapters/search/opensearch/serverless.ts");
    return closeWithApp(app, openServerlessSearch({ host }, await createEngineContext(app)));
  }
  const { openOpenSearchDomain: openDomain } = await import("../../adapters/search/opensearch/domain.ts");
  const endpoint = searchEndpoints[domain ?? ""];
  return closeWithApp(app, openDomain({ domain: domain ?? "", endpoint }, await createEngineContext(app)));
};

/** What OpenSearch needs of the store. Loaded on first use: most workers have no search engine. */
const createEngineContext = async (app: AppContext) => {
  const { createPluginType } = await import("./plugin-type.ts");
  const types = listTypes(app.config.plugins);
  return {
    store: app.store,
    resources: app.config.resources,
    types: types.map(({ plugin, name, type }) => createPluginType(app, plugin, name, type)),
  };
};

const createStoreSecret = ({ config, store }: AppContext, { name }: StoreSecretNeed): (() => Promise<string>) => {
  // As in Kinto, default buckets use the secret of user ids unless they have a secret of their own.
  const configured =
    name === "default_bucket_hmac_secret"
      ? (config.defaultBucketHmacSecret ?? config.useridHmacSecret)
      : config.useridHmacSecret;
  if (configured !== undefined) return async () => configured;
  return once(() => store.getSecret("userid_hmac_secret"));
};

const closeWithApp = <T extends { close(): Promise<void> }>({ closing }: AppContext, resource: T): T => {
  closing.push(() => resource.close());
  return resource;
};
