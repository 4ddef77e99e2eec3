import type { Job, JobLimits, JobResult } from "./action.ts";
import type { PluginContext } from "./tools.ts";

/** Something to do again and again: a job of the plugin's own at each time. */
export interface ScheduleDefinition<Config, Services> extends JobLimits {
  /** One sentence. */
  readonly about: string;
  /** Minute, hour, day of the month, month, day of the week, in UTC: `"0 3 * * *"` is each night at three. `undefined` for never. */
  readonly cron: string | ((config: Config) => string | undefined);
  readonly run: (
    call: { readonly job: Job /** When it was due, epoch ms. */; readonly due: number },
    tools: PluginContext<Config, Services>,
  ) => JobResult | Promise<JobResult>;
}
