import type { Api } from "../../app/api.ts";
import { answer } from "../../app/http/answer.ts";
import { publicUrl } from "../../app/http/public-url.ts";
import { identify } from "../../core/permissions/who.ts";
import { View } from "../../core/store/view.ts";

/** The protocol that is spoken here: Kinto's HTTP API. */
const HTTP_API_VERSION = "1.23";
const VERSION = "0.1.0";

/** What a client sees first: who serves, with which abilities, and who it is taken for. */
export const hello = async ({ world, identification, plugins }: Api, request: Request): Promise<Response> => {
  const { store, now } = world.transactions;
  const user = await identification.identify(request.headers.get("authorization") ?? undefined);
  const told = user !== null && {
    user: {
      id: user,
      principals: (await identify(store, world.grants, new View(await store.read({ objects: [], clocks: [], member: user }), now()), user, "all")).principals,
    },
  };
  return answer(
    200,
    JSON.stringify({
      project_name: "kintoun",
      project_version: VERSION,
      http_api_version: HTTP_API_VERSION,
      url: new URL("/v1/", publicUrl(request)).href,
      settings: { readonly: false },
      capabilities: Object.fromEntries(plugins.map(({ name, about }) => [name, { description: about }])),
      ...told,
    }),
  );
};
