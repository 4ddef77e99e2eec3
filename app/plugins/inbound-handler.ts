import type { PluginInbound } from "../../config/inbound.ts";
import { keepsNoRecord } from "../../config/listeners.ts";
import { Problem } from "../../config/problem.ts";
import { inWorkerOf } from "../../config/running.ts";
import { toldIssues } from "../../config/schema-issues.ts";
import { Refused } from "../../core/events/for-good.ts";
import type { QueueHandler } from "../../core/events/handler.ts";
import type { Provenance } from "../../core/events/provenance.ts";
import { type InboundMessage, receive } from "../../core/inbound.ts";
import type { OptionsSchema } from "../../kit/schema.ts";
import { isObject, type Json } from "../../lib/json.ts";
import { publish } from "./publishing.ts";
import { type Surroundings, startAll } from "./surroundings.ts";
import { watching } from "./watch.ts";

/** What works on what comes in to a plugin. */
export const openInboundHandler = async (around: Surroundings, inbound: PluginInbound): Promise<QueueHandler> => {
  const { config, store: claims, log, now, provenances } = around;
  const { name, plugin, part, from, schema } = inbound;
  const idempotent = keepsNoRecord(inbound);
  const run = (await around.start(plugin)).inbound[part];
  if (run === undefined) throw new Problem([`The plugin '${plugin.name}' has no inbound part '${part}'.`]);
  await startAll(around, inWorkerOf(config.plugins, plugin, name));
  const receiver = {
    name,
    overBus: from !== undefined,
    idempotent,
    run: async (message: InboundMessage, context: Parameters<typeof run>[1]) => {
      const outcome = await run({ ...message, detail: await readDetail(schema, message.detail) }, context);
      return publish(around, { idempotent }, { listener: name, event_id: message.id }, outcome);
    },
  };
  const inProvenance = <T>(provenance: Provenance, work: () => T) => provenances.run(provenance, work);
  const to = { ...watching(around, name), receiver, claims, log, now, inProvenance };
  return { name, handle: (message, time) => receive(to, message, time) };
};

/** What came in as its schema makes it; throws all that is wrong with it. */
const readDetail = async (schema: OptionsSchema | undefined, detail: Json): Promise<unknown> => {
  if (schema === undefined) return detail;
  const result = await schema["~standard"].validate(detail);
  if (result.issues === undefined) return result.value;
  const flaws = toldIssues(result.issues, isObject(detail) ? detail : {}).map(
    ({ steps, description }) => `${["detail", ...steps].join(".")}: ${description}`,
  );
  throw new Refused(`What came in is not as the schema says: ${flaws.join("; ")}`);
};
