/** Stands for the id of a record that is not created yet, in its place. Ids of records have no `+`. */
export const NEW_ID = "+";
