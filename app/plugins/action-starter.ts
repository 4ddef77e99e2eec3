import { UserError } from "../../config/user-error.ts";
import { startAction } from "../../core/jobs/start-action.ts";
import { transact } from "../../core/store/transact.ts";
import type { ActionStarter, StartOptions } from "../../kit/action-starter.ts";
import { findPlugin } from "../../kit/instance-options.ts";
import type { ActionNeed, PluginNeed } from "../../kit/need.ts";
import type { JsonObject } from "../../lib/json.ts";
import { findJsonIssue } from "../../lib/json-issue.ts";
import type { AppContext } from "../app-context.ts";
import { toAction } from "./actions.ts";
import { requireJoinedWriter } from "./hook-run.ts";
import { hookDataAccess } from "./plugin-data.ts";

/** Creates a plugin's access to an action of its own or of another plugin. */
export const createActionStarter = (
  app: AppContext,
  { plugin: caller, action: { plugin: owner = caller, name } }: ActionNeed<unknown> & PluginNeed,
): ActionStarter<never> => {
  const { config, storeContext, jobs, now, transactions, provenances, hookRuns } = app;
  const [own, other] = [caller, owner].map((one) => findPlugin(config.plugins, one));
  const manifest = other !== undefined && Object.hasOwn(other.actions, name) ? other.actions[name] : undefined;
  if (own === undefined || other === undefined || manifest === undefined)
    throw new UserError([`The plugin '${owner}' has no action '${name}'.`]);
  const action = toAction(other.name, name, manifest);
  const access = hookDataAccess(app, own);
  return {
    start: async (params: JsonObject, { uri, key }: StartOptions = {}) => {
      const issue = findJsonIssue(params, "params");
      if (issue !== undefined) throw new TypeError(`The action '${name}' cannot be started: ${issue}.`);
      const join = requireJoinedWriter(hookRuns.getStore());
      return startAction(
        {
          storeContext,
          jobs,
          now,
          run: join ?? ((plan, decide) => transact(transactions, plan, decide)),
          isJoined: join !== undefined,
        },
        { plugin: caller, access },
        { action, uri, params, key, provenance: provenances.getStore() },
      );
    },
  };
};
