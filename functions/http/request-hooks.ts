import type { IdentifiedUser } from "../../app/plugins/authenticator.ts";
import type { HookRunner } from "../../core/hook-points.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { Step } from "./pipeline.ts";
import { type HttpRequest, PREFIX } from "./request.ts";
import type { HttpApp } from "./routing.ts";

/**
 * Runs the hooks at the start and the end of a request, also of each request of a batch, but not of `OPTIONS`.
 * @param handleErrors converts a refusal to a response
 */
export const requestHookStep =
  <App extends HttpApp>(runHooks: HookRunner, handleErrors: Step<App>): Step<App> =>
  async (context, next) => {
    const { method, path, query, headers } = context.request;
    if (method === "OPTIONS") return next(context);
    const request = { method, path: path.startsWith(`${PREFIX}/`) ? path.slice(PREFIX.length) : path };
    const started = performance.now();
    let user: UserId = null;
    const identify = async (authorization: string | undefined): Promise<IdentifiedUser> => {
      const identified = await context.identify(authorization);
      user = identified.user;
      return identified;
    };
    const response = await handleErrors({ ...context, identify }, async (passed) => {
      await runHooks("request.start", { ...request, query, headers: withoutCredentials(headers) });
      return next(passed);
    });
    const duration_ms = Math.round(performance.now() - started);
    await runHooks("request.end", { ...request, user, status: response.status, duration_ms });
    return response;
  };

const CREDENTIALS: ReadonlySet<string> = new Set(["authorization", "cookie"]);

const withoutCredentials = (headers: HttpRequest["headers"]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || CREDENTIALS.has(name) ? [] : [[name, value]],
    ),
  );
