import { jsonOf, jsonResponse, type ServiceRequest, type ServiceResponse } from "../proxy/service.ts";

/** The Parameter Store, with given values. */
export const createParameterStore =
  (values: Readonly<Record<string, string>>) =>
  async (request: ServiceRequest): Promise<ServiceResponse> => {
    const name = String(jsonOf(request).Name);
    return Object.hasOwn(values, name)
      ? jsonResponse(200, { Parameter: { Name: name, Type: "SecureString", Value: values[name], Version: 1 } })
      : jsonResponse(400, { __type: "ParameterNotFound", message: `The parameter ${name} does not exist` });
  };
