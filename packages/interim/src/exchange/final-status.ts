/** A final response has a final status. */
import { misuse } from "./misuse.ts";

/**
 * Refuses a status that no final response may have: a 1xx, and whatever is not in 200 to 599 (RFC 9110 §15).
 * A 102 set as the final status is a known mistake: clients then wait for a final response that never comes.
 *
 * @throws {TypeError} `ERR_FINAL_STATUS`
 */
export function checkFinalStatus(status: number): void {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return;
  const reason =
    Number.isInteger(status) && status >= 100 && status <= 199
      ? `${status} is the status of an interim response and cannot end an exchange`
      : "a final status is a whole number from 200 to 599";
  throw misuse("ERR_FINAL_STATUS", reason);
}
