import type { ActionRef } from "@kintoun/kit";
import * as z from "zod";

export const params = z.strictObject({
  principal: z
    .string()
    .min(1)
    .max(1000)
    .refine((principal) => !principal.startsWith("system."), "must be a user or a group, not all users")
    .describe("id of the user, such as account:alice"),
});

/**
 * The action that deletes the data of a user.
 * @example
 * const needs = () => ({ deletion: need.action(deleteUserDataAction) });
 */
export const deleteUserDataAction: ActionRef<z.input<typeof params>> = {
  plugin: "user-data",
  name: "delete-user-data",
  params,
};
