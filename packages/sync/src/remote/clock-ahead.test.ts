import { ConnectionError, HttpError } from "@meanwhile/client";
import { expect, test } from "vitest";
import { clockAhead } from "./clock-ahead.ts";

const url = new URL("https://files.example/dav/");
const lost = new ConnectionError("lost", "lost", { mayHaveArrived: true });
const serverTime = Date.UTC(2026, 0, 15, 12, 0, 10);

/** Each request takes 2 s, and coming back 100 s. */
function client(answers: readonly (Response | Error)[], comingBack?: Error) {
  let time = serverTime - 10_000;
  let asked = 0;
  let cameBack = 0;
  return {
    now: () => time,
    asked: () => asked,
    cameBack: () => cameBack,
    async request() {
      time += 2000;
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer instanceof Response) return answer.clone();
      throw answer;
    },
    async capabilities() {
      time += 100_000;
      cameBack += 1;
      if (comingBack) throw comingBack;
      return { classes: [], allow: [], keepsAnswers: false };
    },
  };
}

const answer = new Response(null, { headers: { Date: new Date(serverTime).toUTCString() } });

test("is told by Date, in the middle of the exchange (RFC 9110 §6.6.1)", async () => {
  const server = client([answer]);
  expect(await clockAhead(server, url, server.now, {})).toBe(9000);
  const silent = client([new Response(null)]);
  expect(await clockAhead(silent, url, silent.now, {})).toBe(0);
});

test.each([
  ["and answers", undefined],
  [
    "and refuses the question",
    new HttpError({ method: "OPTIONS", url, status: 405, headers: new Headers() }),
  ],
])(
  "a lost exchange is made again once the server is there %s, and only that one is measured",
  async (_, refusal) => {
    const server = client([lost, answer], refusal);
    expect(await clockAhead(server, url, server.now, {})).toBe(9000 - 102_000);
    expect([server.asked(), server.cameBack()]).toEqual([2, 1]);
  },
);

test("it is not tried for ever, nor after another failure", async () => {
  const server = client([lost]);
  await expect(clockAhead(server, url, server.now, {})).rejects.toBe(lost);
  expect(server.asked()).toBe(5);
  const other = client([new TypeError("no")]);
  await expect(clockAhead(other, url, other.now, {})).rejects.toThrow("no");
  expect(other.asked()).toBe(1);
});
