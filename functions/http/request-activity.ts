import type { ActivityRecorder, RequestUse } from "../../core/ports/activity.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import type { Next } from "./pipeline.ts";
import { PREFIX } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import type { DescribePath, HttpApp } from "./routing.ts";

/** Maximum length of a path in the log. */
const MAX_PATH_CHARS = 300;
/** The endpoints that show activity: a page that polls them would show mostly itself. */
const OPERATIONS = "/__operations__";

/** Records each request with its time and use. Leaves out files of pages, and what shows activity. */
export const recordRequests = <App extends HttpApp>(
  { plugins }: App,
  { record, uses }: ActivityRecorder,
  describe: DescribePath,
  respond: Next<App>,
): Next<App> => {
  const omitted = [OPERATIONS, ...plugins.flatMap(({ pages }) => pages.map(({ path }) => path))].map(
    (path) => `${PREFIX}${path}/`,
  );
  return async (context) => {
    const { request, requestId } = context;
    if (omitted.some((prefix) => request.path.startsWith(prefix))) return respond(context);
    const use: RequestUse = { user: null, calls: 0, readUnits: 0, writeUnits: 0 };
    const startedAt = performance.now();
    const identify: typeof context.identify = async (authorization) => {
      const identified = await context.identify(authorization);
      use.user ??= identified.user;
      return identified;
    };
    const finish = (status: number, bytes: number) => {
      const { route, path } = describe(request.path);
      record({
        activity: "request",
        request_id: requestId,
        method: request.method,
        route,
        path: truncateText(path, MAX_PATH_CHARS, "…"),
        status,
        ms: Math.round((performance.now() - startedAt) * 10) / 10,
        user: use.user ?? undefined,
        calls: use.calls,
        read_units: use.readUnits,
        write_units: use.writeUnits,
        bytes,
      });
    };
    try {
      const response = await uses.run(use, () => respond({ ...context, identify }));
      finish(response.status, countBytes(response));
      return response;
    } catch (error) {
      finish(500, 0);
      throw error;
    }
  };
};

const countBytes = ({ compressed, bytes, body }: HttpResponse): number =>
  compressed?.length ?? bytes?.length ?? Buffer.byteLength(body ?? "");
