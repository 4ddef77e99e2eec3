/** An entry of `GET /__operations__/requests`. */
export interface RequestEntry {
  readonly request_id: string;
  readonly method: string;
  readonly route?: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly user?: string;
  readonly calls: number;
  readonly read_units: number;
  readonly write_units: number;
  readonly bytes: number;
  readonly time: number;
  readonly cost_usd: number;
}

/** An entry of `GET /__operations__/request-totals`. */
export interface RouteTotal {
  readonly method: string;
  readonly route: string | null;
  readonly requests: number;
  readonly errors: number;
  readonly median_ms: number;
  readonly p95_ms: number;
  readonly max_ms: number;
  readonly calls: number;
  readonly read_units: number;
  readonly write_units: number;
  readonly bytes: number;
  readonly cost_usd: number;
}

export type View = "latest" | "slowest" | "errors" | "endpoints";

/** The path of the requests of a view. */
export const requestsPath = (view: Exclude<View, "endpoints">, limit: number): string =>
  `/__operations__/requests?${new URLSearchParams({
    _limit: String(limit),
    ...(view === "slowest" && { _sort: "-ms" }),
    ...(view === "errors" && { errors: "true" }),
  })}`;

/** What all endpoints took together. */
export const sumTotals = (totals: readonly RouteTotal[]) => {
  const sum = (value: (total: RouteTotal) => number) => totals.reduce((all, total) => all + value(total), 0);
  return {
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    readUnits: sum(({ read_units }) => read_units),
    writeUnits: sum(({ write_units }) => write_units),
    cost: sum(({ cost_usd }) => cost_usd),
    slowest: Math.max(0, ...totals.map(({ max_ms }) => max_ms)),
  };
};

const UNITS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** `2.5`, `1,204` */
export const formatUnits = (units: number): string => UNITS.format(units);

/** The cost of a million such requests, which is a number one can imagine: `$ 6.60`. @param usd of one */
export const formatCostPerMillion = (usd: number): string => `$ ${(usd * 1e6).toFixed(2)}`;

/** `$ 0.0042`; less than a millionth is `< $ 0.000001`. */
export const formatCost = (usd: number): string => {
  if (usd === 0) return "$ 0";
  if (usd < 1e-6) return "< $ 0.000001";
  return `$ ${usd >= 0.01 ? usd.toFixed(2) : usd.toFixed(6).replace(/0+$/, "")}`;
};
