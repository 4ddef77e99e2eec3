import {
  deleteMessages,
  findDeadLetter,
  listDeadLetters,
  readQueueAttributes,
  redriveMessages,
} from "../../adapters/queue/dead-letters.ts";
import { createSqsTransport } from "../../adapters/queue/sqs-transport.ts";
import { subscriptions } from "../../config/listeners.ts";
import { queueConfigs } from "../../config/queues.ts";
import { UserError } from "../../config/user-error.ts";
import { Refusal } from "../../core/errors.ts";
import { encodeEvent } from "../../core/events/event.ts";
import type { WalkPosition } from "../../core/events/replay.ts";
import { replayObjects } from "../../core/events/replay-events.ts";
import type { RequestActivity } from "../../core/ports/activity.ts";
import type { Monitor, Operations, QueueState, ReplayPart, ReplayRequest } from "../../core/ports/operations.ts";
import { DISPATCH_FAILURES_QUEUE } from "../../core/ports/queue.ts";
import { PRICES } from "../../core/prices.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import type { AppContext } from "../app-context.ts";
import { connectionTo } from "../cloud.ts";

/** Creates the resource of the need `operations`. */
export const createOperations = async (app: AppContext): Promise<Operations> => {
  const monitor = await openMonitor(app);
  const { send, close } = createSqsTransport(connectionTo(app.cloud, "sqs"));
  app.closing.push(async () => close());
  const configs = queueConfigs(app.config);
  const { queueUrls } = app;
  const urlOf = (queue: string): string => {
    const url = Object.hasOwn(queueUrls, queue) ? queueUrls[queue] : undefined;
    if (url !== undefined) return url;
    const names = [...configs.map(({ name }) => name), DISPATCH_FAILURES_QUEUE];
    throw new Refusal("MISSING_RESOURCE", { message: `There is no queue '${queue}'. ${didYouMean(queue, names)}` });
  };
  const deadLettersOf = async (queue: string): Promise<string> => {
    const url = urlOf(queue);
    if (queue === DISPATCH_FAILURES_QUEUE) return url;
    const { deadLetterUrl } = await readQueueAttributes(send, url);
    if (deadLetterUrl === undefined) throw new UserError([`The queue '${queue}' has no dead-letter queue.`]);
    return deadLetterUrl;
  };
  const countDead = async (url: string | undefined): Promise<number> => {
    if (url === undefined) return 0;
    const { waiting, delayed, inFlight } = await readQueueAttributes(send, url);
    return waiting + delayed + inFlight;
  };
  const describeQueue = async (name: string): Promise<Omit<QueueState, "oldestSeconds" | "ordered" | "tries">> => {
    const { deadLetterUrl, ...counts } = await readQueueAttributes(send, urlOf(name));
    if (name !== DISPATCH_FAILURES_QUEUE) return { name, ...counts, dead: await countDead(deadLetterUrl) };
    return { name, waiting: 0, delayed: 0, inFlight: 0, dead: counts.waiting + counts.delayed + counts.inFlight };
  };
  return {
    read: (kind, range) => monitor.read(kind, range),
    listQueues: async () => {
      const failures = Object.hasOwn(queueUrls, DISPATCH_FAILURES_QUEUE)
        ? [{ name: DISPATCH_FAILURES_QUEUE, ordered: false, tries: undefined }]
        : [];
      const all = [...configs.map(({ name, ordered, tries }) => ({ name, ordered, tries })), ...failures];
      const [states, ages] = await Promise.all([
        Promise.all(all.map(({ name }) => describeQueue(name))),
        monitor.readAges(configs.map(({ name }) => urlOf(name))),
      ]);
      return states.map((state, index) => ({
        ...state,
        ordered: all[index]?.ordered ?? false,
        tries: all[index]?.tries,
        oldestSeconds: state.waiting === 0 ? 0 : (ages.get(urlOf(state.name)) ?? null),
      }));
    },
    readDeadLetters: async (queue, limit) => listDeadLetters(send, await deadLettersOf(queue), limit),
    findDeadLetter: async (queue, id) => findDeadLetter(send, await deadLettersOf(queue), id),
    redriveDeadLetters: async (queue, request) => {
      if (queue === DISPATCH_FAILURES_QUEUE)
        throw new Refusal("CONFLICT", {
          message: `What 'dispatch' could not send is dispatched again by a command: kintoun queues redrive ${queue}`,
        });
      return redriveMessages(send, { from: await deadLettersOf(queue), to: urlOf(queue) }, request);
    },
    deleteDeadLetters: async (queue, ids) => deleteMessages(send, await deadLettersOf(queue), ids),
    listeners: subscriptions(app.config).map(({ name }) => name),
    replay: (request) => replay(app, request),
    estimateCost: (request) => estimateCost(request, app.config.deploy.apiMemoryMb),
  };
};

/** The monitor of the embedded cloud, or that of AWS. */
const openMonitor = async ({ cloud: { monitor, cloudWatch }, closing }: AppContext): Promise<Monitor> => {
  if (monitor !== undefined) return monitor;
  if (cloudWatch === undefined) return UNKNOWN;
  const { createCloudWatchMonitor } = await import("../../adapters/operations/cloudwatch.ts");
  const opened = createCloudWatchMonitor(cloudWatch);
  closing.push(async () => opened.close());
  return opened;
};

/** Nothing is known outside of the functions, such as in commands. */
const UNKNOWN: Monitor = {
  read: async () => ({ entries: [], isComplete: true }),
  readAges: async () => new Map(),
};

/** Maximum number of events per call. */
const MAX_BATCH_SIZE = 10;

const replay = async (
  app: AppContext,
  { listener: name, limit, signal, from, ...request }: ReplayRequest,
): Promise<ReplayPart> => {
  const known = subscriptions(app.config);
  const listener = known.find((one) => one.name === name);
  if (listener === undefined) {
    const names = known.map((one) => one.name);
    throw new Refusal("MISSING_RESOURCE", { message: `There is no listener '${name}'. ${didYouMean(name, names)}` });
  }
  const queue = await app.queues();
  let [sent, checked] = [0, 0];
  let batch: { queue: string; body: string; group: string; id: string }[] = [];
  const flush = async () => {
    const refused = batch.length === 0 ? [] : await queue.send(batch);
    if (refused.length > 0) throw new Error(`The queue did not accept ${refused.length} of ${batch.length} events`);
    sent += batch.length;
    batch = [];
  };
  const objects = replayObjects(
    { store: app.store, resources: app.config.resources },
    { ...request, listener, from: from as WalkPosition },
  );
  for await (const { event, position } of objects) {
    if (event !== undefined) batch.push({ queue: name, body: encodeEvent(event), group: event.uri, id: event.id });
    if (batch.length === MAX_BATCH_SIZE) await flush();
    if (++checked < limit && !signal.aborted) continue;
    await flush();
    return { sent, checked, next: position };
  }
  await flush();
  return { sent, checked, next: undefined };
};

/** A request of API Gateway, a call of Lambda with its time and memory, and the units of DynamoDB. In USD. */
const estimateCost = ({ ms, read_units, write_units }: RequestActivity, memoryMb: number): number =>
  (PRICES.apiRequests +
    PRICES.lambdaCalls +
    (ms / 1000) * (memoryMb / 1024) * PRICES.lambdaGbSeconds +
    read_units * PRICES.readUnits +
    write_units * PRICES.writeUnits) /
  1e6;
