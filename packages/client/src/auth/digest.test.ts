import { describe, expect, test } from "vitest";
import { nodeDigest } from "../node-crypto.ts";
import { parseChallenges } from "./challenge.ts";
import { DigestSession, preferredDigest, readDigestChallenge } from "./digest.ts";

const url = new URL("http://www.example.org/dir/index.html");
const mufasa = { username: "Mufasa", password: "Circle of Life" };
const realm = 'realm="http-auth@example.org"';

describe("the examples of RFC 7616 §3.9.1", () => {
  const nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
  const clientNonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  const opaque = 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

  test.each<[string, string]>([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("%s", (algorithm, response) => {
    const answer = session(
      `Digest ${realm}, qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", ${opaque}`,
      clientNonce,
    ).authorization("GET", url);
    expect(answer).toBe(
      `Digest username="Mufasa", ${realm}, nonce="${nonce}", uri="/dir/index.html", response="${response}", ` +
        `algorithm=${algorithm}, ${opaque}, cnonce="${clientNonce}", qop=auth, nc=00000001`,
    );
  });

  test("SHA-512-256 with a hashed name in UTF-8 (§3.9.2, errata 4897)", () => {
    const challenge =
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true';
    const answer = session(challenge, "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", {
      username: "J\u00E4s\u00F8n Doe",
      password: "Secret, or not?",
    }).authorization("GET", new URL("http://api.example.org/doe.json"));
    expect(answer).toContain('username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"');
    expect(answer).toContain("userhash=true");
    expect(answer).toContain('response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"');
  });
});

describe("a session", () => {
  test("counts its answers, in hexadecimal of eight digits (RFC 7616 §3.4)", () => {
    const counting = session(`Digest ${realm}, qop=auth, nonce="n"`, "c");
    const counts = Array.from({ length: 17 }, () => /nc=(\w+)/.exec(counting.authorization("GET", url))?.[1]);
    expect([counts[0], counts[9], counts[16]]).toEqual(["00000001", "0000000a", "00000011"]);
  });

  test("goes on with the next nonce, and counts anew (§3.5)", () => {
    const going = session(`Digest ${realm}, qop=auth, nonce="n"`, "c");
    going.authorization("GET", url);
    going.accepted('rspauth="0", nextnonce="m\\"2", qop=auth');
    expect(going.authorization("GET", url)).toMatch(/nonce="m\\"2",.*nc=00000001/);
    going.accepted('nextnonce="m\\"2"');
    expect(going.authorization("GET", url)).toContain("nc=00000002");
    going.accepted(null);
    expect(going.authorization("GET", url)).toContain("nc=00000003");
  });

  test("of -sess keeps its key and its client nonce (§3.4.2)", () => {
    let nonces = 0;
    const [challenge] = parseChallenges(`Digest ${realm}, qop=auth, nonce="n", algorithm=MD5-sess`);
    const read = challenge === undefined ? undefined : readDigestChallenge(challenge);
    if (read === undefined) throw new Error("not read");
    const keeping = new DigestSession(read, mufasa, { ...nodeDigest, newClientNonce: () => `c${++nonces}` });
    const md5 = (text: string): string => nodeDigest.hash("MD5", text);
    const key = md5(`${md5("Mufasa:http-auth@example.org:Circle of Life")}:n:c1`);
    const second = `${key}:n:00000002:c1:auth:${md5("PUT:/dir/index.html")}`;
    keeping.authorization("GET", url);
    expect(keeping.authorization("PUT", url)).toContain(
      `response="${md5(second)}", algorithm=MD5-sess, cnonce="c1"`,
    );
  });

  test("answers servers of before RFC 2617, without qop", () => {
    const md5 = (text: string): string => nodeDigest.hash("MD5", text);
    const proof = md5(
      `${md5("Mufasa:http-auth@example.org:Circle of Life")}:n:${md5("GET:/dir/index.html")}`,
    );
    expect(session(`Digest ${realm}, nonce="n"`, "c").authorization("GET", url)).toBe(
      `Digest username="Mufasa", ${realm}, nonce="n", uri="/dir/index.html", response="${proof}"`,
    );
  });

  test("names the query too, and quotes what it must", () => {
    const answer = session('Digest realm="a\\"b\\\\", qop=auth, nonce="n"', "c", {
      username: 'x"y\\',
      password: "p",
    }).authorization("GET", new URL("http://h/a?b=c"));
    expect(answer).toContain('username="x\\"y\\\\", realm="a\\"b\\\\", nonce="n", uri="/a?b=c"');
  });

  test("writes names beyond ASCII as RFC 7616 §3.4 says", () => {
    const answer = session(`Digest ${realm}, qop=auth, nonce="n"`, "c", {
      username: "J\u00E4s'",
      password: "",
    });
    expect(answer.authorization("GET", url)).toContain("Digest username*=UTF-8''J%C3%A4s%27, realm=");
  });
});

test.each([
  [
    "the first that is not MD5",
    'Digest realm="a", nonce="1", algorithm=MD5, Digest realm="a", nonce="2", algorithm=SHA-256',
    "2",
  ],
  ["MD5 where there is nothing else", 'Basic realm="a", Digest realm="a", nonce="1"', "1"],
  ["none of an unknown hash", 'Digest realm="a", nonce="1", algorithm=SHA-1', undefined],
  ["none of auth-int alone", 'Digest realm="a", nonce="1", qop="auth-int"', undefined],
  ["none without a nonce", 'Digest realm="a"', undefined],
])("prefers %s", (_name, field, nonce) => {
  expect(preferredDigest(parseChallenges(field))?.nonce).toBe(nonce);
});

function session(field: string, clientNonce: string, user = mufasa): DigestSession {
  const challenge = preferredDigest(parseChallenges(field));
  if (challenge === undefined) throw new Error("not read");
  return new DigestSession(challenge, user, { ...nodeDigest, newClientNonce: () => clientNonce });
}
