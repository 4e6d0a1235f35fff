/** Requests whose interim responses are seen. */
export type {
  InterimResponse,
  Patience,
  RepeatableContent,
  RequestContent,
  Send,
  SendOptions,
} from "./http/send.ts";
