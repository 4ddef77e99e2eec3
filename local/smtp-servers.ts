import type { Config, LocalMail } from "../config/config.ts";
import { UserError } from "../config/user-error.ts";

/**
 * Says where mail goes; `undefined` when all of it is caught. Throws a {@link UserError} when it is to be sent and no
 * plugin has an SMTP server.
 */
export const describeMail = ({ plugins }: Pick<Config, "plugins">, mail: LocalMail): string | undefined => {
  if (mail === "catch") return undefined;
  const servers = plugins
    .flatMap(({ needs }) => Object.values(needs))
    .flatMap((need) => (need.kind === "mail" && need.via !== "ses" ? [`${need.via.host}:${need.via.port}`] : []));
  if (servers.length === 0)
    throw new UserError([
      'Mail cannot be sent: no active plugin has an SMTP server. Add one in kintoun.config.ts, for example email({ …, via: { host: "smtp.example.org" } }), or leave out --mail smtp and localMail.',
    ]);
  return `sent to ${[...new Set(servers)].join(", ")}`;
};
