import type { JsonObject } from "../core/json.ts";
import type { Tools } from "./tools.ts";

/** Gets what listeners return to be told on: to a topic, a bus, another system. At least once, in the order of the config. */
export interface PublisherDefinition<Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** Listeners whose items it takes, as `<plugin>-<listener>`; all when absent. */
  readonly from?: (config: Config) => readonly string[] | undefined;
  readonly publish: (items: readonly JsonObject[], tools: Tools<Config, Services>) => Promise<void>;
}
