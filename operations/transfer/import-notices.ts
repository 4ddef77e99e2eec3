/** Notices about single entries that are shown; further ones are counted only. */
const MAX_NOTICES = 20;

export type Notices = ReturnType<typeof createNotices>;

/** Shows the first notice of each kind, and the first ones about entries that were refused. Counts the others. */
export const createNotices = (onNotice: (text: string) => void) => {
  const counts = new Map<string, number>();
  return {
    /** @param kind only the first notice of a kind is shown, except for `refused` */
    add: (kind: string, text: string): void => {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      if (count <= (kind === "refused" ? MAX_NOTICES : 1)) onNotice(text);
    },
    end: (): void => {
      const refused = counts.get("refused") ?? 0;
      if (refused > MAX_NOTICES) onNotice(`${refused - MAX_NOTICES} more entries were refused.`);
    },
  };
};
