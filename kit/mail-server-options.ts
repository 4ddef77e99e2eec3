import type * as zod from "zod";

/**
 * The options of a mail server, for plugins that send mail: the value of `via` in {@link need.mail}, with `password` as the
 * parameter that has it.
 *
 * @param z of the plugin's zod, since the kit contains none. Name the functions one by one: with the whole `z`, bundles contain all of zod
 * @example
 * const server = mailServerOptions({ enum: z.enum, int: z.int, strictObject: z.strictObject, string: z.string });
 * const options = z.strictObject({ from: z.string(), via: z.union([z.literal("ses"), server]).default("ses") });
 */
export const mailServerOptions = (z: Pick<typeof zod, "enum" | "int" | "strictObject" | "string">) =>
  z
    .strictObject({
      host: z.string().min(1),
      /** 1 to 65,535. Default: 587. */
      port: z.int().min(1).max(65_535).default(587),
      /** Default: `starttls`, which is required then. */
      security: z.enum(["tls", "starttls", "none"]).default("starttls"),
      username: z.string().min(1).optional(),
      /** Parameter of SSM Parameter Store. */
      password: z
        .strictObject({
          parameter: z
            .string()
            .max(500)
            .regex(
              /^\/?[\w.-]+(\/[\w.-]+)*$/,
              "must be the name of a parameter: letters, digits, '.', '-' and '_', with '/' between parts",
            ),
        })
        .optional(),
      /** PEM certificate of a private authority. Default: the authorities that Node.js trusts. */
      ca: z.string().startsWith("-----BEGIN CERTIFICATE-----").optional(),
    })
    .refine(
      ({ username, password }) => (username === undefined) === (password === undefined),
      "must have both username and password, or neither",
    )
    .refine(
      ({ username, security }) => username === undefined || security !== "none",
      "would send the password unencrypted. Set security to tls or starttls",
    );
