/** What an exchange is spoken in. HTTP/1.0 knows no interim response (RFC 9110 §15.2). */
export type Protocol = "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";
