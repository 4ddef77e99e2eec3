/** Notices of a kind that are shown; further ones are counted only. */
const MAX_NOTICES = 20;

/** What an import from Kinto leaves out, and how its sum is described. */
const KINDS = {
  file: "more files are left out.",
  history: "more histories are left out or incomplete.",
  entry: "more entries of histories are left out.",
  object: "more objects are left out.",
} as const;

/** Shows the first notices of each kind, and the number of the others at the end. */
export const createKintoNotices = (onNotice: (text: string) => void) => {
  const counts = new Map<keyof typeof KINDS, number>();
  return {
    add: (kind: keyof typeof KINDS, text: string): void => {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      if (count <= MAX_NOTICES) onNotice(text);
    },
    end: (): void => {
      for (const [kind, count] of counts) if (count > MAX_NOTICES) onNotice(`${count - MAX_NOTICES} ${KINDS[kind]}`);
    },
  };
};

export type KintoNotices = ReturnType<typeof createKintoNotices>;
