import { randomInt } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { UserError } from "../config/user-error.ts";
import type { Disposables } from "../lib/util/disposables.ts";

export interface HttpServer {
  /** `http://localhost:PORT` */
  readonly origin: string;
  /** Starts to serve requests. Earlier requests wait for it. */
  serve(listener: RequestListener): void;
  /** Stops accepting requests and waits at most a second for running ones. */
  close(): Promise<void>;
}

/**
 * Listens on a port. Called before anything else starts, because a port in use is the most common reason for a failed
 * start.
 */
export const listenOnPort = async (port: number, disposables: Disposables, host = "127.0.0.1"): Promise<HttpServer> => {
  const listening = Promise.withResolvers<RequestListener>();
  const server = createServer(
    // Larger than the gateway's own limit of headers, so that the gateway answers.
    { keepAliveTimeout: 60_000, maxHeaderSize: 64 * 1024 },
    (request, response) => void listening.promise.then((listener) => listener(request, response)),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      reject(new UserError([describeListenError(host, port, error)]));
    });
    server.listen(port, host, resolve);
  });
  disposables.add(() => closeServer(server));
  const address = server.address();
  return {
    origin: `http://localhost:${typeof address === "object" && address !== null ? address.port : port}`,
    serve: listening.resolve,
    close: () => closeServer(server),
  };
};

const describeListenError = (host: string, port: number, error: NodeJS.ErrnoException): string => {
  if (error.code === "EADDRINUSE") return `Port ${port} is in use. Choose another with --port NUMBER.`;
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return `${host} is no address of this machine. Use --host 0.0.0.0 to listen on all of them.`;
  return `Port ${port} cannot be used: ${error.message}`;
};

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), 1000);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });

/**
 * Finds a loopback address and a port of it that are free at this moment. A web page can try all ports of 127.0.0.1, but
 * not all of the 16 million loopback addresses. Systems that have no others, such as macOS, get 127.0.0.1.
 */
export const findFreeAddress = async (): Promise<{ readonly host: string; readonly port: number }> => {
  const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  try {
    return { host, port: await findFreePort(host) };
  } catch {
    return { host: "127.0.0.1", port: await findFreePort() };
  }
};

/** Finds a port of a loopback address that is free at this moment. */
export const findFreePort = (host = "127.0.0.1"): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createTcpServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("The server has no port")),
      );
    });
  });
