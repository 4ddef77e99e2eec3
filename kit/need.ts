import type { Mailer, SmtpServer } from "../core/mail.ts";
import type { SearchEngine } from "../core/search/engine.ts";

/**
 * What a plugin needs from the cloud around it. Infra turns needs into grants, app into the resources that `setup` gets:
 * a plugin reaches nothing that it does not state.
 */
export type Need = MailNeed | SearchNeed | SecretNeed | FlushNeed;

export interface MailNeed {
  readonly kind: "mail";
  readonly via: SmtpServer | "ses";
  /** The only sender that the plugin may use. */
  readonly from: string;
}

export interface SearchNeed {
  readonly kind: "search";
  /** An OpenSearch domain in the same account and region; where there is none at hand, the embedded engine serves. */
  readonly domain: string | undefined;
}

export interface SecretNeed {
  readonly kind: "secret";
  /** Made once per store, unless the environment gives it. */
  readonly name: "userid_hmac_secret" | "default_bucket_hmac_secret";
}

/** To remove everything that is stored. */
export interface FlushNeed {
  readonly kind: "flush";
}

export const need = {
  mail: (mail: { via: SmtpServer | "ses"; from: string }): MailNeed => ({ kind: "mail", ...mail }),
  search: (options: { domain?: string | undefined } = {}): SearchNeed => ({ kind: "search", domain: options.domain }),
  secret: (name: SecretNeed["name"]): SecretNeed => ({ kind: "secret", name }),
  flush: (): FlushNeed => ({ kind: "flush" }),
};

/** What a need is answered with. */
export interface ResourceOf {
  mail: Mailer;
  search: SearchEngine;
  secret: () => Promise<string>;
  /** Goes on until nothing is left (`true`), or it is told to stop. */
  flush: (until: () => boolean) => Promise<boolean>;
}

export type Resources<Needs extends Readonly<Record<string, Need>>> = { readonly [Name in keyof Needs]: ResourceOf[Needs[Name]["kind"]] };
