import { createHmac, timingSafeEqual } from "node:crypto";
import { openHeartbeats } from "../../app/heartbeats.ts";
import { closeAll, type Opening, openSurroundings } from "../../app/open.ts";
import { actionsOf } from "../../app/plugins/actions.ts";
import { type Identification, openIdentification } from "../../app/plugins/identify.ts";
import { openReach } from "../../app/plugins/points.ts";
import { startAll } from "../../app/plugins/surroundings.ts";
import { traceOf } from "../../app/trace.ts";
import { VERSION } from "../../app/version.ts";
import { answers, withAllHelpers, works } from "../../config/running.ts";
import type { Provenance } from "../../core/events/provenance.ts";
import type { Action } from "../../core/jobs/action.ts";
import type { World } from "../../core/objects/world.ts";
import type { Reach } from "../../core/points.ts";
import type { JobStore } from "../../core/ports/job-store.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Settings } from "../../core/settings.ts";
import type { Transactions } from "../../core/store/transact.ts";
import type { ReadPlugin, StartedPlugin } from "../../kit/read-plugin.ts";
import { once } from "../../lib/util/once.ts";
import { JSON_TYPE } from "../http/answer.ts";
import { type Telling, tellingOf } from "../http/failed.ts";

export type { FilteredChange, FilteredRequest } from "../../kit/filter.ts";
export type { StartedFilter, StartedRenderer, StartedRoute } from "../../kit/read-plugin.ts";

/** What `functions/api` is made of. */
export interface Api {
  readonly world: World;
  readonly transactions: Transactions;
  /** Runs something whose changes come of what is given. */
  readonly inProvenance: <T>(provenance: Provenance, run: () => T) => T;
  readonly settings: Settings;
  readonly identification: Identification;
  /** Signs what a client is to bring back unchanged. */
  readonly seal: Seal;
  readonly plugins: readonly ApiPlugin[];
  /** What plugins let users have done. */
  readonly actions: readonly Action[];
  readonly jobs: JobStore;
  /** Whether there can be jobs. */
  readonly works: boolean;
  /** Media types that answers are written in, JSON first. */
  readonly types: readonly string[];
  /** Lets plugins do what they want at points of what the api does. */
  readonly reach: Reach;
  /** Asks what the store stands on whether it is there, by name. */
  readonly heartbeats: Readonly<Record<string, () => Promise<unknown>>>;
  readonly version: string;
  readonly telling: Telling;
  readonly log: Log;
  close(): Promise<void>;
}

/** A plugin's part in answering requests. */
export type ApiPlugin = Pick<ReadPlugin, "name" | "about" | "version" | "url" | "capability"> &
  Pick<StartedPlugin, "routes" | "userInfo" | "renderers" | "filters">;

export interface Seal {
  sign(text: string): Promise<string>;
  isSigned(text: string, signature: string): Promise<boolean>;
}

export const openApi = async (opening: Opening): Promise<Api> => {
  const around = openSurroundings(opening);
  const { settings, plugins } = around.config;
  const identification = await openIdentification(around);
  await startAll(around, withAllHelpers(plugins, plugins.filter(answers)));
  const parts = await Promise.all(plugins.map((plugin) => apiPlugin(plugin, () => around.start(plugin))));
  const renderers = parts.flatMap((part) => Object.values(part.renderers));
  return {
    world: around.world,
    transactions: around.transactions,
    inProvenance: (provenance, run) => around.provenances.run({ ...provenance, ...traceOf(opening) }, run),
    settings,
    identification,
    seal: openSeal(once(() => around.store.secret("page_token_secret"))),
    plugins: parts,
    types: [...new Set([JSON_TYPE, ...renderers.flatMap(({ types }) => types)])],
    reach: openReach(around),
    actions: actionsOf(plugins),
    jobs: around.jobs,
    works: plugins.some(works),
    heartbeats: openHeartbeats(opening, around),
    version: VERSION,
    telling: tellingOf(settings, around.log, identification.challenges),
    log: around.log,
    close: () => closeAll(around),
  };
};

/** Starts only what answers requests: the others' parts run elsewhere. */
const apiPlugin = async (plugin: ReadPlugin, start: () => Promise<StartedPlugin>): Promise<ApiPlugin> => {
  const { name, about, version, url, capability } = plugin;
  const { routes, userInfo, renderers, filters } = answers(plugin)
    ? await start()
    : { routes: [], userInfo: undefined, renderers: {}, filters: {} };
  return { name, about, version, url, capability, routes, userInfo, renderers, filters };
};

const openSeal = (secret: () => Promise<string>): Seal => {
  const sign = async (text: string) =>
    createHmac("sha256", await secret())
      .update(text)
      .digest("base64url");
  return {
    sign,
    isSigned: async (text, signature) => {
      const [expected, given] = [Buffer.from(await sign(text)), Buffer.from(signature)];
      return expected.length === given.length && timingSafeEqual(expected, given);
    },
  };
};
