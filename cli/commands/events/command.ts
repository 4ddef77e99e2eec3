import { type Command, Option } from "commander";
import { addStoreOptions, createGroup, parseCount, parsePastTime, parseRate } from "../../options.ts";

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

const sinceOption = (about: string): Option =>
  new Option("--since <time>", `${about}: an ISO date or time, epoch ms, or an age such as 10m, 2h or 7d`).argParser(
    (text) => parsePastTime(text),
  );

export const eventsCommand = (): Command => {
  const events = createGroup("events", "Follow, replay, watch and send events.");
  addStoreOptions(
    events
      .command("tail")
      .description("Print change events as they happen.")
      .option("--on <event>", "only this event, for example record.create; may be repeated", collect)
      .option("--bucket <id>", "only this bucket; may be repeated", collect)
      .option("--collection <id>", "only this collection; may be repeated", collect)
      .addOption(sinceOption("start in the past, at most 24 hours ago"))
      .option("--json", "print each event as JSON, as listeners receive it"),
  ).action(async (options) => (await import("./tail.ts")).runTail(options));
  addStoreOptions(
    events
      .command("replay")
      .description("Send the objects that exist now to one listener, as create events.")
      .requiredOption("--listener <name>", "name of the listener: <plugin>-<listener>")
      .addOption(sinceOption("only objects that changed after this time"))
      .option("--uri <prefix>", "only objects whose URI starts with this, for example /buckets/blog")
      .option("--rate <number>", "maximum number of events per second", parseRate, 50)
      .option("--limit <number>", "maximum number of events", parseCount)
      .addOption(
        new Option("--resume <token>", "continue an interrupted replay; the token is printed by it").conflicts([
          "since",
          "uri",
        ]),
      )
      .addOption(new Option("--dry-run", "show what the listener would do, without doing it").conflicts("yes"))
      .option("--json", "with --dry-run: print JSON lines")
      .option("--yes", "do not ask for confirmation"),
  ).action(async (options) => (await import("./replay.ts")).runReplay(options));
  addStoreOptions(
    events
      .command("watch")
      .description("Print the events of a bus as they pass, whether or not a plugin receives them.")
      .option("--source <name>", "only events of this source; may be repeated", collect)
      .option("--type <name>", "only events of this detail type; may be repeated", collect)
      .option("--bus <name>", "name of the bus", "default")
      .option("--json", "print each event as JSON, as inbound parts receive it"),
  ).action(async (options) => (await import("./watch.ts")).runWatch(options));
  addStoreOptions(
    events
      .command("put")
      .description("Put an event on a bus, as other systems do. Inbound parts of plugins that match receive it.")
      .requiredOption("--source <name>", "source of the event, for example billing")
      .requiredOption("--type <name>", "detail type of the event, for example invoice.paid")
      .requiredOption("--detail <json>", "detail of the event, a JSON object")
      .option("--bus <name>", "name of the bus", "default"),
  ).action(async (options) => (await import("./put.ts")).runPut(options));
  return events;
};
