import { jsonResponse, type Operations, type RouteResponse, refuse } from "@kintoun/kit";
import * as z from "zod";

/** Dead letters of one request. */
const MAX_LETTERS = 100;
const ids = z.array(z.string().min(1).max(200)).min(1).max(MAX_LETTERS);

export const deadLettersInput = z.object({
  query: z.object({ _limit: z.int().min(1).max(MAX_LETTERS).default(MAX_LETTERS) }),
});
export const redriveInput = z.object({
  body: z.strictObject({
    ids: ids.optional(),
    limit: z.int().min(1).max(MAX_LETTERS).default(MAX_LETTERS),
    body: z.string().min(1).max(5_000_000).optional(),
  }),
});

/** Lists the queues with their messages, and the age of the oldest. */
export const listQueues = async (operations: Operations): Promise<RouteResponse> => {
  const queues = await operations.listQueues();
  return jsonResponse({
    data: queues.map(({ inFlight, oldestSeconds, ...queue }) => ({
      ...queue,
      in_flight: inFlight,
      oldest_seconds: oldestSeconds,
      can_replay: operations.listeners.includes(queue.name),
    })),
  });
};

/** Lists dead letters with their errors, newest first. */
export const listDeadLetters = async (
  queue: string,
  { _limit: limit }: z.output<typeof deadLettersInput>["query"],
  operations: Operations,
): Promise<RouteResponse> => {
  const letters = await operations.readDeadLetters(queue, limit);
  return jsonResponse({ data: letters.map(describeLetter) });
};

/** Returns a dead letter with its whole body. */
export const getDeadLetter = async (queue: string, id: string, operations: Operations): Promise<RouteResponse> => {
  const letter = await operations.findDeadLetter(queue, id);
  if (letter === undefined) throw notFound(queue, id);
  return jsonResponse({ data: describeLetter(letter) });
};

/** Delivers dead letters again: some, or all up to a limit; one of them possibly with another body. */
export const redriveDeadLetters = async (
  queue: string,
  request: z.output<typeof redriveInput>["body"],
  operations: Operations,
): Promise<RouteResponse> => {
  if (request.body !== undefined) {
    if (request.ids?.length !== 1) throw refuse(400, "body replaces that of one message. Name it in ids.");
    requireJson(request.body);
  }
  const redriven = await operations.redriveDeadLetters(queue, request);
  if (request.ids?.length === 1 && redriven.length === 0) throw notFound(queue, request.ids[0] ?? "");
  return jsonResponse({ data: { redriven } });
};

/** Removes a dead letter. */
export const deleteDeadLetter = async (queue: string, id: string, operations: Operations): Promise<RouteResponse> => {
  const deleted = await operations.deleteDeadLetters(queue, [id]);
  if (deleted.length === 0) throw notFound(queue, id);
  return jsonResponse({ data: { id, deleted: true } });
};

const describeLetter = ({ sentAt, ...letter }: Awaited<ReturnType<Operations["readDeadLetters"]>>[number]) => ({
  ...letter,
  time: sentAt,
});

const notFound = (queue: string, id: string): Error =>
  refuse(
    404,
    `The queue '${queue}' has no dead letter '${id}'. It was redriven or deleted, or another reader holds it: try again in 30 seconds.`,
  );

const requireJson = (text: string): void => {
  try {
    JSON.parse(text);
  } catch (error) {
    throw refuse(400, `body is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
};
