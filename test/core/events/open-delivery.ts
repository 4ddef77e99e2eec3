import type { DeliveryContext } from "../../../core/events/deliver.ts";
import { type ChangeEvent, encodeEvent } from "../../../core/events/event.ts";
import type { Listener } from "../../../core/events/listener.ts";
import type { Provenance } from "../../../core/events/provenance.ts";
import { createLog, type LogFields } from "../../../core/ports/log.ts";
import type { Claim, Lease } from "../../../core/ports/store.ts";

export const NOW = 1_000_000;
export const event = (id: string, provenance: Provenance = {}): ChangeEvent => ({
  ...{ id, resource_name: "record", uri: `/buckets/a/collections/c/records/${id}`, user_id: "u", timestamp: 1 },
  ...{ parent_generation: "g", action: "create", new: { id } },
  ...provenance,
});
export const message = (id: string, group?: string, provenance?: Provenance) => ({
  body: encodeEvent(event(id, provenance)),
  sentAt: NOW - 100 * Number(/\d+/.exec(id)?.[0] ?? 0),
  ...(group !== undefined && { group }),
});
export const limits = () => ({ budgetMs: 5000, maxAttempts: 3, closing: new AbortController().signal });

/** @param claims the claims by event id; by default the first try is taken */
export const openDelivery = (
  listener: Partial<Listener> = {},
  claims: Readonly<Record<string, Claim | Error>> = {},
  failing: readonly string[] = [],
) => {
  const calls: string[] = [];
  const logged: [string, string, LogFields][] = [];
  const added: LogFields[] = [];
  const provenances: Provenance[] = [];
  const leases: Lease[] = [];
  const update = async (name: string, key: string) => {
    calls.push(`${name} ${key}`);
    if (failing.includes(name)) throw new Error(`no ${name}`);
  };
  const context: DeliveryContext = {
    listener: {
      ...{ name: "p-l", on: [], idempotent: false },
      run: async ({ id }) => {
        calls.push(`run ${id}`);
      },
      ...listener,
    },
    claims: {
      claim: async (key, lease) => {
        leases.push(lease);
        const claim = claims[key.split("#")[1] ?? ""] ?? { kind: "taken", tries: 1 };
        if (claim instanceof Error) throw claim;
        return claim;
      },
      settle: (key) => update("settle", key),
      release: (key, _, { forget }) => update(`release${forget ? " and forget" : ""}`, key),
    },
    now: () => NOW,
    log: createLog((level, text, fields) => logged.push([level, text, fields])),
    addLogContext: (fields) => added.push(fields),
    recordDelivered: (sentAt, startedAt) => {
      if (startedAt < Date.now() - 60_000) throw new Error("The start of the delivery is wrong");
      calls.push(`delivered ${sentAt.join()}`);
    },
    runWithProvenance: (provenance, run) => {
      provenances.push(provenance);
      return run();
    },
  };
  return { context, calls, logged, added, provenances, leases };
};
