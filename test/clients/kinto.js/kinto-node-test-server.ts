import { type Served, serve } from "../serve.ts";

/** What a flush is answered with; 410 by a server past its end of service. */
const FLUSHED = [200, 202, 410];

/** In place of the npm package of this name: starts Kintoun anew for each set of settings. One that runs already (RUNNING) is taken as it is. */
export default class KintoServer {
  readonly #url: string;
  #served: Promise<Served> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Its ini is for Kinto. */
  async loadConfig(): Promise<void> {}

  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    if (process.env.RUNNING !== undefined) return;
    this.#served = serve(this.#url, ["basicauth", "default-bucket", "flush"], {
      KINTO_PAGINATE_BY: "10",
      KINTO_BUCKET_READ_PRINCIPALS: "system.Authenticated",
      ...settings,
    });
    await this.#served;
  }

  /** Also while it is starting still. */
  async flush(): Promise<{ status: number }> {
    await this.#served;
    const { status } = await fetch(`${this.#url}/__flush__`, { method: "POST" });
    if (!FLUSHED.includes(status)) throw new Error(`POST ${this.#url}/__flush__ is answered with ${status}.`);
    return { status };
  }

  async stop(): Promise<void> {
    const served = this.#served;
    this.#served = undefined;
    await (await served)?.end();
  }

  /** Of the server that runs. */
  async logs(): Promise<string> {
    return (await this.#served)?.output() ?? "";
  }

  async killAll(): Promise<void> {
    await this.stop();
  }
}
