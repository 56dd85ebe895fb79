import { expect, test } from "vitest";
import { parseFingerprint, parseToken } from "./access.ts";
import { isLoopback, parseListenAddress } from "./address.ts";

test("a fingerprint as openssl, a browser or siteferry writes it, and nothing shorter", () => {
  const digits = "AB".repeat(32);
  const colons = Array.from({ length: 32 }, () => "AB").join(":");
  for (const text of [
    digits,
    colons,
    `SHA256:${colons}`,
    `sha256 Fingerprint=${colons}`,
    `SHA-256:${digits.toLowerCase()}`,
  ]) {
    expect(parseFingerprint(text), text).toBe(digits);
  }
  for (const text of ["", "SHA256:", digits.slice(2), `${digits}AB`, `SHA1:${digits}`]) {
    expect(parseFingerprint(text), text).toBeNull();
  }
});

test("a token that could be guessed, or would break a header, is none", () => {
  expect(parseToken(`${"a1".repeat(16)}\n`, "/t")).toBe("a1".repeat(16));
  for (const text of [
    "",
    "short",
    "x".repeat(31),
    "x".repeat(1025),
    `${"x".repeat(32)} y`,
    "ü".repeat(32),
  ]) {
    expect(() => parseToken(text, "/t")).toThrow("/t has no token");
  }
});

test("addresses to listen on", () => {
  expect(parseListenAddress("127.0.0.1:8080")).toEqual({ host: "127.0.0.1", port: 8080 });
  expect(parseListenAddress("[::]:8443")).toEqual({ host: "::", port: 8443 });
  expect(parseListenAddress("ferry.example.net:443")).toMatchObject({ port: 443 });
  for (const text of [
    "",
    "8080",
    ":8080",
    "127.0.0.1",
    "127.0.0.1:0",
    "127.0.0.1:65536",
    "::1:80",
  ]) {
    expect(parseListenAddress(text), text).toBeNull();
  }
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]) {
    expect(isLoopback(host), host).toBe(true);
  }
  for (const host of ["127.example.net", "localhost.example.net", "0.0.0.0", "::", "10.0.0.1"]) {
    expect(isLoopback(host), host).toBe(false);
  }
});
