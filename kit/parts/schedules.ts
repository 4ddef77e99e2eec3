import { parseCron } from "../../lib/cron.ts";
import type { Json } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import type { PluginContext } from "../context.ts";
import {
  type Job,
  type JobLimits,
  type JobResult,
  jobLimitIssues,
  type ResolvedJobLimits,
  resolveJobLimits,
} from "./actions.ts";
import { JOB_LIMITS_SHAPE, type Named, type Part, partNameIssues, type ShapeOf } from "./part.ts";

/**
 * Runs a job at each matching time.
 * @example
 * const nightly: ScheduleDefinition<void, void> = {
 *   about: "Cleans up every night.",
 *   cron: "0 3 * * *",
 *   run: ({ job }) => job.note({ step: "clean up" }),
 * };
 */
export interface ScheduleDefinition<Config, Services> extends JobLimits {
  /** One sentence. */
  readonly about: string;
  /**
   * Minute, hour, day of the month, month, day of the week, in UTC: `"0 3 * * *"` is 3:00 every night. `undefined`
   * for never.
   */
  readonly cron: string | ((config: Config) => string | undefined);
  readonly run: (
    call: { readonly job: Job /** When it was due, in epoch ms. */; readonly due: number },
    context: PluginContext<Config, Services>,
  ) => JobResult | Promise<JobResult>;
}

export interface SchedulesPart<Config, Services> {
  readonly schedules?: Readonly<Record<string, ScheduleDefinition<Config, NoInfer<Services>>>>;
}

export interface ScheduleManifest extends ResolvedJobLimits {
  readonly about: string;
  readonly cron: string | undefined;
}

export type ScheduleInstance = (call: { readonly job: Job; readonly due: number }) => Promise<Json | undefined>;

export const schedules: Part<Named<ScheduleManifest>, Named<ScheduleInstance>> = {
  kind: "object",
  shape: { about: "text!", cron: "any", ...JOB_LIMITS_SHAPE, run: "function!" } satisfies ShapeOf<
    ScheduleDefinition<never, never>
  >,
  resolve: (definition, config) =>
    mapValues(definition.schedules, ({ about, cron, ...limits }) => ({
      about,
      cron: typeof cron === "function" ? cron(config) : cron,
      ...resolveJobLimits(limits),
    })),
  check: ({ schedules }) =>
    Object.entries(schedules).flatMap(([name, schedule]) => [
      ...(schedule.cron === undefined || parseCron(schedule.cron) !== undefined
        ? []
        : [
            {
              path: `schedules.${name}.cron`,
              message: `'${schedule.cron}' never matches a date. Write minute, hour, day, month and day of the week, for example '0 3 * * *'.`,
            },
          ]),
      ...jobLimitIssues(`schedules.${name}`, schedule),
      ...partNameIssues("schedules", { [name]: schedule }),
    ]),
  bind: (definition, context) =>
    mapValues(
      definition.schedules,
      ({ run }) =>
        async (call) =>
          (await run(call, context)) ?? undefined,
    ),
};
