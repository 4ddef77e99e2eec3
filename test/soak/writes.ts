import type { Client } from "../../testing/client.ts";
import { createRandom, type Random } from "../random.ts";
import { KEPT, LISTENERS } from "./plugin.ts";

/** An acknowledged change, with the id of its event. */
export interface Written {
  readonly id: string;
  readonly uri: string;
  readonly created: boolean;
}

const COLLECTIONS = ["red", "green", "blue", "grey"];
/** Objects per collection. */
const OBJECT_COUNT = 75;
const CLIENT_COUNT = 8;
const BATCH_SIZE = 5;

const listOf = (collection: string | undefined) => `/buckets/soak/collections/${collection}/records`;

/** A request that changes an object. */
interface Write {
  readonly method: "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: { readonly data: { readonly n: number } };
}

/** Creates the buckets and collections of the soak test. */
export const prepare = async ({ put }: Client): Promise<void> => {
  for (const path of ["/buckets/soak", "/buckets/kept", ...KEPT, "/buckets/soak/collections/echoes"]) await put(path);
  for (const collection of COLLECTIONS) await put(`/buckets/soak/collections/${collection}`);
};

/**
 * Runs eight clients that change some hundred objects at random.
 * @param each called after each change
 * @returns the acknowledged changes
 */
export const writeAll = async (
  { request }: Client,
  count: number,
  seed: number,
  each: (count: number) => void,
): Promise<readonly Written[]> => {
  const written: Written[] = [];
  let n = 0;
  const note = ({ method, path }: Write, status: number, body: { data?: { last_modified?: number } }) => {
    // The object does not exist.
    if (status === 404 && method !== "PUT") return;
    if ((status !== 200 && status !== 201) || body.data?.last_modified === undefined) {
      throw new Error(`${method} ${path} returned ${status}: ${JSON.stringify(body)}`);
    }
    written.push({ id: `${path}@${body.data.last_modified}`, uri: path, created: status === 201 });
    each(written.length);
  };
  const send = async (write: Write) => {
    const { status, body } = await request(write.path, { method: write.method, body: write.body });
    note(write, status, body);
  };
  const sendTogether = async (writes: readonly Write[]) => {
    const { status, body } = await request("/batch", { method: "POST", body: { requests: writes } });
    if (status !== 200) throw new Error(`A batch returned ${status}: ${JSON.stringify(body)}`);
    for (const [at, write] of writes.entries()) note(write, body.responses[at].status, body.responses[at].body);
  };
  const anyWrite = ({ below }: Random): Write => {
    const path = `${listOf(COLLECTIONS[below(COLLECTIONS.length)])}/o${below(OBJECT_COUNT)}`;
    const dice = below(100);
    if (dice < 15) return { method: "DELETE", path };
    return { method: dice < 45 ? "PATCH" : "PUT", path, body: { data: { n: n++ } } };
  };

  /** Writes poison for each listener. */
  const poison = async () => {
    for (const listener of LISTENERS) {
      const path = `${listOf(COLLECTIONS[0])}/poison-${listener}-${written.length}`;
      for (const write of [
        { method: "PUT", path, body: { data: { n: n++ } } },
        { method: "PATCH", path, body: { data: { n: n++ } } },
      ] as const)
        await send(write);
    }
  };
  const client = async (number: number) => {
    const dice = createRandom(seed * 1000 + number);
    while (written.length < count) {
      if (dice.below(20) === 0) {
        const writes = Array.from({ length: BATCH_SIZE }, () => anyWrite(dice));
        // Several requests of a batch for one object make one change, the last.
        await sendTogether([...new Map(writes.map((write) => [write.path, write])).values()]);
      } else await send(anyWrite(dice));
    }
  };
  const poisoner = async () => {
    for (const share of [0.2, 0.6]) {
      while (written.length < count * share) await new Promise((resolve) => setTimeout(resolve, 20));
      await poison();
    }
  };
  await Promise.all([poisoner(), ...Array.from({ length: CLIENT_COUNT }, (_, number) => client(number))]);
  return written;
};
