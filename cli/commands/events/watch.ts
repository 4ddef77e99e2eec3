import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { loadConfig } from "../../../config/load-config.ts";
import { UserError } from "../../../config/user-error.ts";
import { decodeBody } from "../../../core/events/message-body.ts";
import type { FilterPattern } from "../../../lib/filter-pattern.ts";
import { isObject } from "../../../lib/json.ts";
import { watchBus } from "../../../operations/watch-bus.ts";
import { connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, print, printNotice, toSingleLine } from "../../output.ts";
import { runUntilStopped } from "../../run-process.ts";

interface WatchOptions extends StoreOptions {
  readonly source?: readonly string[];
  readonly type?: readonly string[];
  readonly bus: string;
  readonly json?: boolean;
}

/** Runs `kintoun events watch`. */
export const runWatch = async (options: WatchOptions): Promise<void> => {
  const { bus, json } = options;
  const target = readStoreTarget(options);
  if (target.kind === "endpoints")
    throw new UserError(["--endpoint names an SQS endpoint, which has no buses. Use --data or --stack."]);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  await runUntilStopped(async (signal) => {
    const store = await connect({ config, target, queues: [], log: commandLog });
    const events = new EventBridgeClient(store.appOptions.cloud.eventbridge ?? {});
    try {
      if (!store.isRemote && store.queueAccess === undefined)
        throw new UserError([`No event arrives in ${store.description}. Start it in another terminal: npm start`]);
      await watchBus({
        events,
        sqs: store.sqs,
        bus,
        pattern: toPattern(options),
        signal,
        onReady: () => printNotice(`Watching the bus '${bus}' of ${store.description}. Stop with Ctrl-C`),
        onEvent: (event) => print(json ? decodeText(event) : toLine(event)),
      });
    } finally {
      events.destroy();
      await store.close();
    }
  });
};

/** All events when no source is named: each has one. */
const toPattern = ({ source, type }: Pick<WatchOptions, "source" | "type">): FilterPattern => ({
  source: source ?? [{ prefix: "" }],
  ...(type && { "detail-type": type }),
});

const decodeText = (event: string): string => JSON.stringify(decodeBody(event));

const toLine = (event: string): string => {
  const content = decodeBody(event);
  if (!isObject(content)) return toSingleLine(event);
  const { time, source, "detail-type": type, detail } = content;
  return toSingleLine(`${time}  ${source}  ${type}  ${JSON.stringify(detail)}`);
};
