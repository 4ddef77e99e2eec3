/** Names of this machine's loopback interface. Browsers resolve all names below `localhost` to it. */
const LOOPBACK_NAME = /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether a Host header names the loopback interface. A web page can make its own host name resolve to 127.0.0.1 (DNS
 * rebinding) and then read what this machine answers, but the Host header still has that name.
 */
export const isLoopbackHost = (host: string): boolean => LOOPBACK_NAME.test(toHostName(host));

/** Whether two hosts have the same name. Ports are not compared. */
export const isSameHostName = (host: string, other: string): boolean => toHostName(host) === toHostName(other);

/** The name in a Host header, without its port and a final dot. */
const toHostName = (host: string): string => (URL.parse(`http://${host}`)?.hostname ?? host).replace(/\.$/, "");
