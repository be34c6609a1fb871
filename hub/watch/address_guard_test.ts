import assert from "node:assert/strict";
import fc from "fast-check";
import { checkAddress, checkUrl, isPublic } from "./address_guard.ts";

const resolvesTo = (...addresses: string[]) => () => Promise.resolve(addresses);

Deno.test("isPublic() refuses loopback, private, link-local, metadata and other special addresses", () => {
  for (
    const address of [
      "0.0.0.0",
      "10.1.2.3",
      "100.64.0.1",
      "127.0.0.1",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "198.18.0.1",
      "224.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "fe80::1",
      "fc00::1",
      "fd00:ec2::254",
      "ff02::1",
      "64:ff9b::7f00:1",
      "2002:7f00:1::",
      "2001::1",
      "2001:db8::1",
      "::ffff:127.0.0.1",
      "::ffff:a9fe:a9fe",
      "::ffff:10.0.0.1",
      "0:0:0:0:0:ffff:c0a8:101",
      "fe80::1%eth0",
      "1.2.3",
      "1.2.3.256",
      "localhost",
      "",
    ]
  ) assert.equal(isPublic(address), false, address);
  for (
    const address of [
      "8.8.8.8",
      "172.15.0.1",
      "172.32.0.1",
      "100.128.0.1",
      "2606:4700::1111",
      "2a00::",
      "::ffff:8.8.8.8",
    ]
  ) assert.equal(isPublic(address), true, address);
});

Deno.test("isPublic() says the same of an IPv4 address however IPv6 wraps it", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(fc.property(byte, byte, byte, byte, (a, b, c, d) => {
    const plain = isPublic(`${a}.${b}.${c}.${d}`);
    const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    assert.equal(isPublic(`::ffff:${a}.${b}.${c}.${d}`), plain);
    assert.equal(isPublic(`::ffff:${hex}`), plain);
    assert.equal(isPublic(`0:0:0:0:0:FFFF:${hex}`), plain);
  }));
});

Deno.test("checkUrl() wants https, no password and no fragment, unless the host is allowed", () => {
  for (const url of ["http://hooks.test/", "ftp://hooks.test/", "https://a:b@hooks.test/", "x"]) {
    assert.throws(() => checkUrl(url, []), { code: "input-invalid" }, url);
  }
  assert.equal(checkUrl("https://hooks.test/a?b", []).pathname, "/a");
  assert.equal(checkUrl("http://hooks.test:8080/", ["hooks.test:8080"]).port, "8080");
  assert.equal(checkUrl("http://hooks.test:8080/", ["hooks.test"]).port, "8080");
  assert.throws(() => checkUrl("http://hooks.test:81/", ["hooks.test:8080"]));
});

Deno.test("checkAddress() refuses names that lead inside, in whatever way they are written", async () => {
  for (
    const url of [
      "https://127.0.0.1/",
      "https://0x7f.1/",
      "https://2130706433/",
      "https://[::1]/",
      "https://[::ffff:169.254.169.254]/latest/meta-data",
    ]
  ) await assert.rejects(checkAddress(url, [], resolvesTo()), { code: "forbidden" }, url);
  const guarded = checkAddress("https://hooks.test/", [], resolvesTo("8.8.8.8", "10.0.0.1"));
  await assert.rejects(guarded, { code: "forbidden" });
  await assert.rejects(checkAddress("https://hooks.test/", [], resolvesTo()), {
    code: "input-invalid",
  });
  const { address } = await checkAddress("https://hooks.test/", [], resolvesTo("8.8.8.8"));
  assert.equal(address, "8.8.8.8");
  const inside = await checkAddress(
    "http://hooks.test/",
    ["hooks.test"],
    resolvesTo("10.0.0.1"),
  );
  assert.equal(inside.address, "10.0.0.1");
});
