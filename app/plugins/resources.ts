import type { Http } from "../../core/http.ts";
import type { Mailer } from "../../core/mail.ts";
import type { SearchEngine } from "../../core/search/engine.ts";
import type { HttpNeed, MailNeed, OwnNeed, ResourceOf, SearchNeed, StoreSecretNeed } from "../../kit/need.ts";
import { points } from "../../kit/points.ts";
import type { Cloud } from "../cloud.ts";
import { pluginVariable } from "../config/environment.ts";
import { once } from "../once.ts";
import { Problem } from "../problem.ts";
import { openPluginData } from "./data.ts";
import { reachPoint } from "./points.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a need is answered with. */
export const resourceOf = async (around: Surroundings, need: OwnNeed): Promise<ResourceOf[OwnNeed["kind"]]> => {
  switch (need.kind) {
    case "mail":
      return closedLater(around, await openMailer(around.cloud, need));
    case "search":
      return openSearch(around, need);
    case "store-secret":
      return storeSecretOf(around, need);
    case "secret":
      return once(() => around.store.secret(`${need.plugin}.${need.name}`));
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

const openMailer = async ({ mail }: Cloud, { via }: MailNeed): Promise<Mailer> => {
  const server = mail ?? via;
  if (server === "ses") return (await import("../../adapters/mail/ses.ts")).openSes();
  return (await import("../../adapters/mail/smtp.ts")).openSmtp(server);
};

/** The engine that serves a need: in AWS a domain, else the embedded one. */
export const openSearch = async (around: Surroundings, { domain }: Pick<SearchNeed, "domain">): Promise<SearchEngine> => {
  const { search } = around.cloud;
  if (search !== undefined) {
    const { openSqliteSearch } = await import("../../adapters/search/sqlite/engine.ts");
    return closedLater(around, openSqliteSearch(search));
  }
  if (domain === undefined) throw new Problem(["plugins: search.domain must name the OpenSearch domain to use in AWS."]);
  const { openDomain } = await import("../../adapters/search/opensearch/domain.ts");
  return closedLater(around, openDomain({ domain }));
};

const storeSecretOf = ({ config, store }: Surroundings, { name }: StoreSecretNeed): (() => Promise<string>) => {
  // As in Kinto, personal buckets go by the users' secret unless they have one of their own.
  const given = name === "default_bucket_hmac_secret" ? (config.defaultBucketHmacSecret ?? config.useridHmacSecret) : config.useridHmacSecret;
  if (given !== undefined) return async () => given;
  return once(() => store.secret("userid_hmac_secret"));
};

const closedLater = <T extends { close(): Promise<void> }>({ closing }: Surroundings, resource: T): T => {
  closing.push(() => resource.close());
  return resource;
};
