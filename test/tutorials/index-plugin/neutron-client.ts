import { type HttpClient, type HttpResponse, type JsonObject, parseJson } from "@kintoun/kit";

/** Lists objects of Neutron's API, page by page. */
export async function* listNeutron(http: HttpClient, url: string, plural: string): AsyncGenerator<JsonObject> {
  let next: string | undefined = `${url}/v2.0/${plural}?limit=20`;
  while (next !== undefined) {
    const response: HttpResponse = await http.request({ method: "GET", url: next });
    if (response.status !== 200) throw new Error(`Neutron answered ${response.status} to ${next}.`);
    const page = parseJson(new TextDecoder().decode(response.body)) as Readonly<Record<string, readonly JsonObject[]>>;
    yield* page[plural] ?? [];
    next = page[`${plural}_links`]?.find(({ rel }) => rel === "next")?.href as string | undefined;
  }
}
