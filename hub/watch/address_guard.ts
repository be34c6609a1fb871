/**
 * Which addresses a webhook may be sent to: public ones, and those that the hub's configuration names.
 *
 * A webhook makes the hub send requests to wherever somebody says. Unguarded it would reach what only the hub's
 * machine can: other services of the network, routers, the cloud's metadata (server-side request forgery).
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** Finds the addresses of a host name, as the system does. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Where to connect to. */
export interface CheckedAddress {
  readonly url: URL;
  /** The very address that was checked; connecting to the name would ask for it once more, and may get another. */
  readonly address: string;
}

/**
 * The address of `text`, if a webhook may be sent there.
 *
 * @param allowed hosts (`name` or `name:port`) that may be internal and may do without TLS
 * @throws {AppError} `input-invalid` for what is no address for a webhook; `forbidden` for an internal one
 */
export async function checkAddress(
  text: string,
  allowed: readonly string[],
  resolve: Resolve,
): Promise<CheckedAddress> {
  const url = checkUrl(text, allowed);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const found = isLiteral(host) ? [host] : await resolve(host);
  if (found.length === 0) {
    throw new AppError("input-invalid", `Cannot reach ${host}: it has no address`);
  }
  if (!isAllowed(url, allowed)) {
    // One public address beside an internal one is no excuse: which is taken is not ours to say.
    const internal = found.find((address) => !isPublic(address));
    if (internal !== undefined) {
      throw new AppError(
        "forbidden",
        `Cannot send webhooks to ${host}: it is an internal address. ` +
          "Whoever runs the hub may allow it: HUB_WEBHOOK_HOSTS",
      );
    }
  }
  return { url, address: found[0]! };
}

/** `text` as an address that a webhook may have, its host not looked up yet. @throws {AppError} `input-invalid` */
export function checkUrl(text: string, allowed: readonly string[]): URL {
  const url = URL.parse(text);
  const refuse = (why: string): never => {
    throw new AppError("input-invalid", `Cannot send webhooks there: ${why}`);
  };
  if (url === null) return refuse("it is no URL");
  if (url.username !== "" || url.password !== "") refuse("its URL must not carry a password");
  if (url.hash !== "") refuse("its URL must not have a fragment");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isAllowed(url, allowed))) {
    refuse("its URL must begin with https:");
  }
  return url;
}

function isAllowed(url: URL, allowed: readonly string[]): boolean {
  return allowed.includes(url.host) || allowed.includes(url.hostname);
}

function isLiteral(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** IPv4 blocks that are not out there (IANA's special-purpose registry), as [first, prefix length]. */
const SPECIAL_4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
/** The same within 2000::/3, the only block of IPv6 that is: protocol assignments and tunnels, examples, 6to4. */
const SPECIAL_6: readonly (readonly [string, number])[] = [
  ["2001:0:0:0:0:0:0:0", 23],
  ["2001:db8:0:0:0:0:0:0", 32],
  ["2002:0:0:0:0:0:0:0", 16],
  ["3fff:0:0:0:0:0:0:0", 20],
];

/** Whether `address`, written as an IP address, is one of the public internet; anything else is not. */
export function isPublic(address: string): boolean {
  const four = bytes4(address);
  if (four !== null) return !inAny(four, SPECIAL_4, bytes4);
  const six = bytes6(address);
  if (six === null) return false;
  // ::ffff:a.b.c.d is a.b.c.d, whatever it is written in.
  if (six.slice(0, 10).every((b) => b === 0) && six[10] === 0xff && six[11] === 0xff) {
    return isPublic(six.slice(12).join("."));
  }
  return (six[0]! & 0xe0) === 0x20 && !inAny(six, SPECIAL_6, bytes6);
}

function inAny(
  bytes: readonly number[],
  blocks: readonly (readonly [string, number])[],
  parse: (text: string) => number[] | null,
): boolean {
  return blocks.some(([first, length]) => {
    const base = parse(first)!;
    for (let bit = 0; bit < length; bit++) {
      const mask = 0x80 >> (bit & 7), at = bit >> 3;
      if (((bytes[at]! ^ base[at]!) & mask) !== 0) return false;
    }
    return true;
  });
}

function bytes4(text: string): number[] | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const bytes = match?.slice(1).map(Number) ?? [];
  return bytes.length === 4 && bytes.every((b) => b <= 255) ? bytes : null;
}

/** The 16 bytes of an IPv6 address; a zone (`%eth0`) makes it none. */
function bytes6(text: string): number[] | null {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const four = tail === null ? null : bytes4(tail[2]!);
  if (tail !== null && four === null) return null;
  const plain = four === null
    ? text
    : `${tail![1]}${((four[0]! << 8) | four[1]!).toString(16)}:${
      ((four[2]! << 8) | four[3]!).toString(16)
    }`;
  if (!/^[0-9a-f:]{2,39}$/i.test(plain)) return null;
  const halves = plain.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => half === "" ? [] : half.split(":"));
  const given = groups.flat().length;
  if (halves.length === 1 ? given !== 8 : given > 7) return null;
  const all = halves.length === 1
    ? groups[0]!
    : [...groups[0]!, ...new Array<string>(8 - given).fill("0"), ...groups[1]!];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return all.flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
