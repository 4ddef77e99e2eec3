import { createHmac, timingSafeEqual } from "node:crypto";
import { type AppOptions, closeApp, createAppContext } from "../../app/create-app-context.ts";
import { createHeartbeats } from "../../app/heartbeats.ts";
import { findJobLimits, listActions } from "../../app/plugins/actions.ts";
import { createHookRunner } from "../../app/plugins/hook-runner.ts";
import { VERSION } from "../../app/version.ts";
import { hasJobs, servesRequests } from "../../config/plugin-placement.ts";
import type { HookRunner } from "../../core/hook-points.ts";
import type { Action } from "../../core/jobs/action.ts";
import type { JobManager } from "../../core/jobs/manage-jobs.ts";
import type { JobStore } from "../../core/ports/job-store.ts";
import type { Log } from "../../core/ports/log.ts";
import { once } from "../../lib/util/once.ts";
import { createHttpApp } from "../http/app.ts";
import { type HttpHandler, httpHandler } from "../http/pipeline.ts";
import type { HttpApp } from "../http/routing.ts";
import { createRoutes } from "./routes.ts";

/** What `functions/api` is composed of. */
export interface ApiApp extends HttpApp {
  /** Signs page tokens. */
  readonly signer: HmacSigner;
  readonly actions: readonly Action[];
  readonly jobs: JobStore;
  readonly jobManager: JobManager;
  /** Whether a plugin has actions or schedules. */
  readonly hasJobs: boolean;
  readonly runHooks: HookRunner;
  /** Checks of what the store depends on, by name. Each rejects if it is not reachable. */
  readonly heartbeats: Readonly<Record<string, () => Promise<unknown>>>;
  readonly version: string;
  readonly log: Log;
  close(): Promise<void>;
}

export interface HmacSigner {
  sign(text: string): Promise<string>;
  isSigned(text: string, signature: string): Promise<boolean>;
}

export const createApi = async (options: AppOptions): Promise<ApiApp> => {
  const app = createAppContext(options);
  const { plugins, settings } = app.config;
  const actions = listActions(plugins);
  return {
    ...(await createHttpApp(app, options, servesRequests)),
    signer: createSigner(once(() => app.store.getSecret("page_token_secret"))),
    runHooks: createHookRunner(app),
    actions,
    jobs: app.jobs,
    jobManager: {
      jobs: app.jobs,
      storeContext: app.storeContext,
      actions,
      plugins: plugins.filter(hasJobs).map(({ name }) => name),
      findLimits: (job) => findJobLimits(plugins, job),
      readers: settings.jobsReadPrincipals,
      writers: settings.jobsWritePrincipals,
    },
    hasJobs: plugins.some(hasJobs),
    heartbeats: createHeartbeats(options, app),
    version: VERSION,
    log: app.log,
    close: () => closeApp(app),
  };
};

/** The Lambda handler of the HTTP API. */
export const apiHandler = (api: ApiApp): HttpHandler => {
  const { router, steps } = createRoutes(api);
  return httpHandler(api, steps, router.describe);
};

const createSigner = (secret: () => Promise<string>): HmacSigner => {
  const sign = async (text: string) =>
    createHmac("sha256", await secret())
      .update(text)
      .digest("base64url");
  return {
    sign,
    isSigned: async (text, signature) => {
      const [expected, actual] = [Buffer.from(await sign(text)), Buffer.from(signature)];
      return expected.length === actual.length && timingSafeEqual(expected, actual);
    },
  };
};
