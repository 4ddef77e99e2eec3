import type { Data, HttpClient, SetupContext, State } from "@kintoun/kit";
import { openDeliveryLog } from "./delivery-log.ts";
import { OPTIONS } from "./hook.ts";
import type { Options } from "./options.ts";
import { openSender } from "./sender.ts";
import { openStandings } from "./standing.ts";

interface Resources {
  readonly data: Data;
  readonly state: State;
  readonly http: HttpClient;
  readonly key: () => Promise<string>;
  readonly [given: `secret-${string}`]: (() => Promise<string>) | undefined;
}

/** What the parts of the plugin work with. */
export const openServices = (
  { data, state, http, key, ...secrets }: Resources,
  now: SetupContext<Options, never>["now"],
) => {
  const standings = openStandings(
    state,
    { key, given: ({ place, id }) => (place === OPTIONS ? secrets[`secret-${id}`] : undefined) },
    now,
  );
  const deliveries = openDeliveryLog(state, now);
  return { data, http, now, standings, deliveries, sender: openSender({ http, standings, deliveries, now }) };
};

export type Services = ReturnType<typeof openServices>;
