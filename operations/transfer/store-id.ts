import { type AppOptions, closeApp, createAppContext } from "../../app/create-app-context.ts";

/**
 * Returns an id that no other store has, also not one that takes the place of a deleted one. Writes it to the table at the
 * first call.
 */
export const readStoreId = async (appOptions: AppOptions): Promise<string> => {
  const app = createAppContext(appOptions);
  try {
    // A restored table has the same secrets as the table that it was made of.
    return `${appOptions.location.table} ${await app.store.getSecret("store_id")}`;
  } finally {
    await closeApp(app);
  }
};
