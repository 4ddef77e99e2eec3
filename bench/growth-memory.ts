import { type CloudReport, type GrowthServer, startOnCopy } from "./growth-server.ts";
import { COLLECTION, RECORDS } from "./growth-stores.ts";

/** The memory of the process of all functions during some work. */
export interface MemoryFigure {
  readonly work: string;
  readonly size: number;
  readonly requests: number;
  /** The largest heap after a request, without garbage. */
  readonly heapBytes: number;
  /** The most memory of the process since its start. */
  readonly maxRssBytes: number;
}

type Work = (server: GrowthServer, afterRequest: (command?: "drain") => Promise<void>) => Promise<void>;

/** Sends requests to all pages of the list. */
const visitPages =
  (method: string): Work =>
  async (server, afterRequest) => {
    for (let next: string | null = RECORDS; next !== null; ) {
      const response: Response = await server.send(method, next);
      await response.arrayBuffer();
      next = response.headers.get("next-page");
      await afterRequest();
    }
  };

const purge: Work = async (server, afterRequest) => {
  await server.send("DELETE", COLLECTION);
  await afterRequest("drain");
};

const WORKS = { "list all pages": visitPages("GET"), "delete all pages": visitPages("DELETE"), purge } as const;

/** Does some work at a store in a fresh process, and measures the memory of the process. */
export const measureMemory = async (work: keyof typeof WORKS, size: number, folder: string): Promise<MemoryFigure> => {
  await using server = await startOnCopy(folder, "uncounted");
  let [requests, heapBytes, maxRssBytes] = [0, 0, 0];
  const afterRequest = async (command?: "drain") => {
    const report: CloudReport = await server.report(command);
    requests++;
    heapBytes = Math.max(heapBytes, report.heapBytes);
    maxRssBytes = report.maxRssBytes;
  };
  await WORKS[work](server, afterRequest);
  const figure = { work, size, requests, heapBytes, maxRssBytes };
  console.error(JSON.stringify(figure));
  return figure;
};
