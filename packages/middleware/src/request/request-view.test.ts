import type { AnyRequest } from "@meanwhile/interim";
import { expect, test } from "vitest";
import { originOf, requestTarget } from "./request-view.ts";

function request(host: string | undefined, url = "/"): AnyRequest {
  return { headers: { host }, socket: { localPort: 8080 }, url } as unknown as AnyRequest;
}

test.each([
  ["api.example", "http://api.example"],
  ["api.example:81", "http://api.example:81"],
  ["[::1]:81", "http://[::1]:81"],
  [undefined, "http://localhost:8080"],
  ["a:b:c", "http://localhost:8080"],
  ["a:99999", "http://localhost:8080"],
  ["[1", "http://localhost:8080"],
  ["evil/path", "http://localhost:8080"],
  ["user@host", "http://localhost:8080"],
])("the origin of a request to the host %j is %s", (host, origin) => {
  expect(originOf(request(host))).toBe(origin);
});

test.each([
  ["/a?b=/c", "/a?b=/c"],
  ["//other.example/a", "//other.example/a"],
  ["http://api.example/a?b", "/a?b"],
  ["http://api.example", "/"],
  ["*", "*"],
])("the target of %s is %s (RFC 9112 §3.2)", (url, target) => {
  expect(requestTarget(request("api.example", url))).toBe(target);
});
