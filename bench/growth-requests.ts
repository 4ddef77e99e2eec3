import { BUCKET_CASES, type GrowthCase, type GrowthStore, RECORD_CASES, WHOLE_LIST_CASES } from "./growth-cases.ts";
import { startOnCopy } from "./growth-server.ts";

/** The cost of one request of a case. */
export interface GrowthFigure {
  readonly name: string;
  readonly size: number;
  readonly cpuMs: number;
  readonly calls: number;
  readonly units: number;
  readonly rounds: number;
}

/** Sums over the turns. */
interface Sums {
  requests: number;
  cpuMs: number;
  calls: number;
  units: number;
  rounds: number;
}

/** Runs the cases at stores of all sizes in turns, after one round that does not count. */
const measureCases = async (
  folders: ReadonlyMap<number, string>,
  cases: readonly GrowthCase[],
  rounds: number,
): Promise<readonly GrowthFigure[]> => {
  await using opened = new AsyncDisposableStack();
  const stores: GrowthStore[] = [];
  for (const [size, folder] of folders)
    stores.push({ size, server: opened.use(await startOnCopy(folder)), created: [], prepared: 0 });
  const figures = new Map<string, Sums>();
  for (let round = 0; round <= rounds; round++) {
    console.error(`Round ${round} of ${rounds}`);
    for (const { name, prepare } of cases)
      for (const store of stores) {
        const measured = await runTurn(store, await prepare(store));
        if (round > 0) addTo(figures, `${name}|${store.size}`, measured);
      }
  }
  return cases.flatMap(({ name }) => stores.map(({ size }) => perRequest(name, size, figures)));
};

const runTurn = async (
  { server }: GrowthStore,
  requests: Awaited<ReturnType<GrowthCase["prepare"]>>,
): Promise<Sums> => {
  await server.report();
  const cpuBefore = server.cpuMs();
  for (const { method, path, ...options } of requests) await (await server.send(method, path, options)).arrayBuffer();
  const cpuMs = server.cpuMs() - cpuBefore;
  return { requests: requests.length, cpuMs, ...(await server.report()) };
};

const addTo = (figures: Map<string, Sums>, key: string, { requests, cpuMs, calls, units, rounds }: Sums): void => {
  const sums = figures.get(key) ?? { requests: 0, cpuMs: 0, calls: 0, units: 0, rounds: 0 };
  sums.requests += requests;
  sums.cpuMs += cpuMs;
  sums.calls += calls;
  sums.units += units;
  sums.rounds += rounds;
  figures.set(key, sums);
};

const perRequest = (name: string, size: number, figures: ReadonlyMap<string, Sums>): GrowthFigure => {
  const { requests, cpuMs, calls, units, rounds } = figures.get(`${name}|${size}`) as Sums;
  const [perCpu, perCalls, perUnits, perRounds] = [cpuMs, calls, units, rounds].map((sum) => sum / requests) as [
    number,
    number,
    number,
    number,
  ];
  return { name, size, cpuMs: perCpu, calls: perCalls, units: perUnits, rounds: perRounds };
};

/** Measures requests on records in stores of several sizes. @param folders data folders by number of records */
export const measureRecordRequests = (folders: ReadonlyMap<number, string>, rounds: number) =>
  measureCases(folders, RECORD_CASES, rounds);

/** Measures requests on buckets in stores of several sizes. @param folders data folders by number of buckets */
export const measureBucketRequests = (folders: ReadonlyMap<number, string>, rounds: number) =>
  measureCases(folders, BUCKET_CASES, rounds);

/** Measures requests that read the whole list. @param folders data folders by number of records */
export const measureWholeLists = (folders: ReadonlyMap<number, string>) => measureCases(folders, WHOLE_LIST_CASES, 2);
