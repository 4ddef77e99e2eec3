import type { PluginInbound } from "../../config/listeners.ts";
import { skipsClaims } from "../../config/listeners.ts";
import { pluginsInListenerWorker } from "../../config/plugin-placement.ts";
import { UserError } from "../../config/user-error.ts";
import { PermanentError } from "../../core/events/delivery-errors.ts";
import type { Provenance } from "../../core/events/provenance.ts";
import type { QueueHandler } from "../../core/events/queue-handler.ts";
import { type InboundMessage, receiveMessage } from "../../core/inbound.ts";
import type { StandardSchema } from "../../kit/schema.ts";
import { describeIssues } from "../../kit/schema.ts";
import { isObject, type Json } from "../../lib/json.ts";
import { type AppContext, startPlugins } from "../app-context.ts";
import { watchDeliveries } from "./delivery-observer.ts";
import { publishItems } from "./publishing.ts";

/** Creates the handler of a plugin's inbound messages. */
export const createInboundHandler = async (app: AppContext, inbound: PluginInbound): Promise<QueueHandler> => {
  const { config, store: claims, now, provenances } = app;
  const { name, plugin, part, from, schema } = inbound;
  const log = app.log.with({}, plugin.logLevel);
  const idempotent = skipsClaims(inbound);
  const run = (await app.start(plugin)).inbound[part];
  if (run === undefined) throw new UserError([`The plugin '${plugin.name}' has no inbound part '${part}'.`]);
  await startPlugins(app, pluginsInListenerWorker(config.plugins, plugin, name));
  const receiver = {
    name,
    isFromBus: from?.kind === "events",
    idempotent,
    run: async (message: InboundMessage, context: Parameters<typeof run>[1]) => {
      const outcome = await run({ ...message, detail: await readDetail(schema, message.detail) }, context);
      return publishItems(app, { idempotent }, { listener: name, event_id: message.id }, outcome);
    },
  };
  const runWithProvenance = <T>(provenance: Provenance, work: () => T) => provenances.run(provenance, work);
  const to = { ...watchDeliveries(app, name, log), receiver, claims, log, now, runWithProvenance };
  return { name, handle: (message, time) => receiveMessage(to, message, time) };
};

/** Validates a detail with a schema. Throws a permanent error that lists all issues. */
const readDetail = async (schema: StandardSchema | undefined, detail: Json): Promise<unknown> => {
  if (schema === undefined) return detail;
  const result = await schema["~standard"].validate(detail);
  if (result.issues === undefined) return result.value;
  const issues = describeIssues(result.issues, isObject(detail) ? detail : {}).map(
    ({ steps, description }) => `${["detail", ...steps].join(".")}: ${description}`,
  );
  throw new PermanentError(`The message does not match the schema: ${issues.join("; ")}`);
};
