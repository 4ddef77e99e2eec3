import { pluginVariable } from "../../config/environment.ts";
import { Problem } from "../../config/problem.ts";
import { causesOut } from "../../core/events/carried-causes.ts";
import type { Http } from "../../core/ports/http.ts";
import type { Mailer } from "../../core/ports/mail.ts";
import type { SearchEngine } from "../../core/ports/search-engine.ts";
import type { Topic } from "../../core/ports/topic.ts";
import type {
  GivenNeed,
  HttpNeed,
  MailNeed,
  OwnNeed,
  ResourceOf,
  SearchNeed,
  StoreSecretNeed,
  TopicNeed,
} from "../../kit/need.ts";
import { points } from "../../kit/points.ts";
import { once } from "../../lib/util/once.ts";
import { openBus } from "../bus.ts";
import { captured } from "./captured.ts";
import { openPluginData } from "./data.ts";
import { reachPoint } from "./points.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a need is answered with; where nothing is to be done, what tells what would be. */
export const resourceOf = async (around: Surroundings, need: OwnNeed): Promise<ResourceOf[OwnNeed["kind"]]> =>
  around.effects === undefined ? realOf(around, need) : captured(need, around.effects, () => realOf(around, need));

const realOf = async (around: Surroundings, need: OwnNeed): Promise<ResourceOf[OwnNeed["kind"]]> => {
  switch (need.kind) {
    case "bus":
      return closedLater(
        around,
        await openBus(around.cloud, need.name, () => causesOut(around.provenances.getStore())),
      );
    case "file":
      return (await import("../../adapters/file/append.ts")).openAppendFile(need.path);
    case "topic":
      return openTopicOf(around, need);
    case "mail":
      return openMailer(around, need);
    case "search":
      return openSearch(around, need);
    case "store-secret":
      return storeSecretOf(around, need);
    case "secret":
      return once(() => around.store.secret(`${need.plugin}.${need.name}`));
    case "given":
      return openGiven(around, need);
    case "variable":
      return around.config.pluginVariables.get(pluginVariable(need));
    case "data":
      return openPluginData(around, need.plugin, need.permissions);
    case "state":
      return around.state(need.plugin);
    case "http":
      return openPluginHttp(need);
    case "flush":
      return async (until) => {
        await reachPoint(around, points["flush.pre"], {});
        const done = await around.store.flush(around.config.resources.top, until);
        if (done) await reachPoint(around, points["flush.post"], {});
        return done;
      };
  }
};

const openPluginHttp = async (need: HttpNeed): Promise<Http> => {
  const { openHttp } = await import("../../adapters/http/http.ts");
  return need.private ? openHttp({ reaches: () => true, plain: true }) : openHttp();
};

/** Loads what it mails by when it first does: a plugin that mails may have parts in `api`, which never does. */
const openMailer = (around: Surroundings, { plugin, via, password }: MailNeed & OwnNeed): Mailer => {
  const open = once(async () => {
    const server = around.cloud.mail ?? via;
    if (server === "ses") return closedLater(around, (await import("../../adapters/mail/ses.ts")).openSes());
    const { openSmtp } = await import("../../adapters/mail/smtp.ts");
    return closedLater(around, openSmtp(server, password && openGiven(around, { ...password, plugin })));
  });
  return { send: async (mail) => (await open()).send(mail), close: async () => undefined };
};

/** What the plugin's variable says, or else the Parameter Store. */
const openGiven = (around: Surroundings, need: GivenNeed & { readonly plugin: string }): (() => Promise<string>) => {
  const variable = pluginVariable(need);
  const said = around.config.pluginVariables.get(variable);
  if (said !== undefined) return async () => said;
  const { ssm = {} } = around.cloud;
  if (ssm === "none") {
    const why = `'${need.name}' of the plugin '${need.plugin}' is the parameter ${need.parameter} in AWS; here, set the variable ${variable} to it.`;
    return () => Promise.reject(new Problem([why]));
  }
  const open = once(async () => {
    const { openParameter } = await import("../../adapters/given/parameter.ts");
    return closedLater(around, openParameter(need.parameter, ssm));
  });
  return async () => (await open()).read();
};

const openTopicOf = async (around: Surroundings, { arn }: TopicNeed): Promise<Topic> => {
  const { sns } = around.cloud;
  const { openTopic } = await import("../../adapters/topic/sns.ts");
  return closedLater(
    around,
    openTopic({
      arn: sns?.topics[arn] ?? arn,
      causes: () => causesOut(around.provenances.getStore()),
      ...(sns && { client: sns.client }),
    }),
  );
};

/** The engine that serves a need: in AWS a domain, else the embedded one. */
export const openSearch = async (
  around: Surroundings,
  { domain }: Pick<SearchNeed, "domain">,
): Promise<SearchEngine> => {
  const { search } = around.cloud;
  if (search !== undefined) {
    const { openSqliteSearch } = await import("../../adapters/search/sqlite/engine.ts");
    return closedLater(around, openSqliteSearch(search));
  }
  if (domain === undefined)
    throw new Problem(["plugins: search.domain must name the OpenSearch domain to use in AWS."]);
  const { openDomain } = await import("../../adapters/search/opensearch/domain.ts");
  return closedLater(around, openDomain({ domain }));
};

const storeSecretOf = ({ config, store }: Surroundings, { name }: StoreSecretNeed): (() => Promise<string>) => {
  // As in Kinto, personal buckets go by the users' secret unless they have one of their own.
  const given =
    name === "default_bucket_hmac_secret"
      ? (config.defaultBucketHmacSecret ?? config.useridHmacSecret)
      : config.useridHmacSecret;
  if (given !== undefined) return async () => given;
  return once(() => store.secret("userid_hmac_secret"));
};

const closedLater = <T extends { close(): Promise<void> }>({ closing }: Surroundings, resource: T): T => {
  closing.push(() => resource.close());
  return resource;
};
