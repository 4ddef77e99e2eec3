import type { Command } from "commander";
import { addStoreOptions, createGroup, parseCount, parseRate } from "../../options.ts";

export const queuesCommand = (): Command => {
  const queues = createGroup("queues", "Show queues, their dead letters, and redrive them.");
  addStoreOptions(
    queues
      .command("list", { isDefault: true })
      .description("List the queues and how many messages each holds.")
      .option("--json", "print JSON"),
  ).action(async (options) => (await import("./list.ts")).runList(options));
  addStoreOptions(
    queues
      .command("dead-letters")
      .description("Show the dead letters of a queue and why they failed. They stay in the dead-letter queue.")
      .argument("<queue>", "name of the queue")
      .option("--limit <number>", "maximum number of messages", parseCount, 10)
      .option("--full", "print stack traces and messages")
      .option("--json", "print JSON"),
  ).action(async (queue, options) => (await import("./dead-letters.ts")).runDeadLetters(queue, options));
  addStoreOptions(
    queues
      .command("redrive")
      .description("Move the dead letters of a queue back to the queue, to be tried again.")
      .argument("<queue>", "name of the queue")
      .option("--rate <number>", "maximum number of messages per second", parseRate, 20)
      .option("--limit <number>", "maximum number of messages", parseCount),
  ).action(async (queue, options) => (await import("./redrive.ts")).runRedrive(queue, options));
  return queues;
};
