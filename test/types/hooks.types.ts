/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { defineHookPoint, definePlugin, refuse, storeHookPoints } from "@kintoun/kit";

const named = { name: "x", about: "Is a test." };
const point = defineHookPoint<{ cups: number }>({
  name: "x.tea",
  about: "Before tea.",
  params: { cups: "How many." },
  veto: true,
});

// A hook's events exist and are made by requests.
void (() => {
  // @ts-expect-error there is no such action
  void definePlugin({ ...named, hooks: { before: { look: { on: ["record.created"], run: () => {} } } } });
  // @ts-expect-error a purge is no request's
  void definePlugin({ ...named, hooks: { before: { look: { on: ["record.purge"], run: () => {} } } } });
  // @ts-expect-error `before` is meant
  void definePlugin({ ...named, hooks: { befor: {} } });
  // @ts-expect-error there is no such resource
  void definePlugin({ ...named, hooks: { after: { look: { on: ["device.create"], run: () => {} } } } });
  void definePlugin({
    ...named,
    resources: { device: { about: "A sensor." } },
    hooks: { after: { look: { on: ["device.create", "record.create"], run: () => {} } } },
  });
});

// A before hook returns an object, an after hook nothing.
void (() => {
  // @ts-expect-error an object is stored
  void definePlugin({ ...named, hooks: { before: { look: { on: ["record.create"], run: () => "instead" } } } });
  // @ts-expect-error an object is stored
  void definePlugin({ ...named, hooks: { before: { look: { on: ["record.create"], run: () => null } } } });
  // @ts-expect-error what was answered is answered
  void definePlugin({ ...named, hooks: { after: { look: { on: ["record.create"], run: () => ({}) } } } });
});

// A hook's change has the fields of its action and is read-only.
void (() => {
  void definePlugin({
    ...named,
    hooks: {
      before: {
        look: {
          on: ["record.create", "record.delete"],
          run: (change) => {
            // @ts-expect-error a deletion has nothing new
            const data: object = change.new;
            // @ts-expect-error the change is not the hook's to change
            change.user_id = "me";
            if (change.action === "delete") {
              const before: object = change.old;
              return void before;
            }
            return void data;
          },
        },
      },
    },
  });
});

// A change has the permissions of its action, and a before hook adds lists of principals.
void (() => {
  void definePlugin({
    ...named,
    hooks: {
      before: {
        share: {
          on: ["record.create"],
          run: ({ new_permissions }, { grant }) => {
            grant({ read: [...(new_permissions.write ?? []), "/buckets/b/groups/g"] });
            // @ts-expect-error a list of principals
            grant({ read: "system.Everyone" });
          },
        },
        create: {
          on: ["record.create"],
          // @ts-expect-error a new object had no permissions
          run: ({ old_permissions }) => void old_permissions.read,
        },
      },
      after: {
        look: {
          on: ["record.create"],
          // @ts-expect-error what is committed is committed
          run: (_, { grant }) => grant({ read: [] }),
        },
      },
    },
  });
});

// A read hook gets the read object, and returns the data to show.
void (() => {
  void definePlugin({
    ...named,
    resources: { device: { about: "A sensor." } },
    hooks: {
      read: {
        look: {
          on: ["record.read", "device.read"],
          buckets: () => ["b"],
          run: async (read, { hasPrincipal }) => {
            const resource: "record" | "device" = read.resource_name;
            const isMember: boolean = await hasPrincipal("/buckets/b/groups/g");
            // @ts-expect-error the read is not the hook's to change
            read.data = {};
            return isMember ? undefined : { ...read.data, resource };
          },
        },
      },
    },
  });
  // @ts-expect-error a read is not a change
  void definePlugin({ ...named, hooks: { before: { look: { on: ["record.read"], run: () => {} } } } });
  // @ts-expect-error a change is not a read
  void definePlugin({ ...named, hooks: { read: { look: { on: ["record.create"], run: () => {} } } } });
  // @ts-expect-error there is no such resource
  void definePlugin({ ...named, hooks: { read: { look: { on: ["device.read"], run: () => {} } } } });
  // @ts-expect-error an object is shown
  void definePlugin({ ...named, hooks: { read: { look: { on: ["record.read"], run: () => "instead" } } } });
});

// `refuse` accepts error statuses only.
void (() => {
  // @ts-expect-error 200 refuses nothing
  void refuse(200);
  void refuse(403, "No.");
});

// A point hook has the parameters of its point.
void (() => {
  void definePlugin({
    ...named,
    hooks: {
      at: {
        pre: {
          point: storeHookPoints["batch.pre"],
          run: ({ requests }) => void requests.map(({ method }) => method),
        },
        status: {
          point: storeHookPoints["batch.pre"],
          // @ts-expect-error there are no statuses before the batch
          run: ({ requests }) => void requests.map(({ status }) => status),
        },
        // @ts-expect-error the cups are a number
        tea: { point, run: ({ cups }) => void cups.trim() },
      },
    },
  });
  // @ts-expect-error there is no such point
  void definePlugin({ ...named, hooks: { at: { pre: { point: storeHookPoints["batch.before"], run: () => {} } } } });
});

// Hooks at points of an object can be limited to buckets and collections, others not.
void (() => {
  void definePlugin({
    ...named,
    hooks: {
      at: {
        purge: { point: storeHookPoints["purge.pre"], buckets: () => ["b"], run: ({ uri }) => void uri.trim() },
        job: { point: storeHookPoints["job.end"], collections: () => ["c-*"], run: ({ status }) => void status },
      },
    },
  });
  void definePlugin({
    ...named,
    hooks: {
      at: {
        // @ts-expect-error a batch concerns no single object
        pre: { point: storeHookPoints["batch.pre"], buckets: () => ["b"], run: () => {} },
      },
    },
  });
});

// A hook point describes each parameter, and `trigger` requires them.
void (() => {
  // @ts-expect-error the cups are not described
  void defineHookPoint<{ cups: number }>({ name: "x.tea", about: "Before tea.", params: {}, veto: true });
  // @ts-expect-error how many cups?
  void definePlugin({ ...named, hookPoints: [point], setup: ({ trigger }) => trigger(point, {}) });
  void definePlugin({
    ...named,
    hookPoints: [point],
    setup: ({ trigger }) => ({ brew: () => trigger(point, { cups: 2 }) }),
  });
});
