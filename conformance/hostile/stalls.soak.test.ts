import { describeStalls } from "./describe-stalls.ts";

describeStalls(
  [
    { call: "open", method: "PROPFIND", path: "/slow/", fields: { Depth: "1" }, status: 207 },
    { call: "stat", method: "MOVE", path: "/slow.txt", fields: { Destination: "/moved.txt" }, status: 201 },
    { call: "read", method: "COPY", path: "/slow/", fields: { Destination: "/copy/" }, status: 201 },
    { call: "readdir", method: "COPY", path: "/slow/", fields: { Destination: "/copy/" }, status: 201 },
    { call: "rename", method: "MOVE", path: "/fast.txt", fields: { Destination: "/slow.txt" }, status: 204 },
    { call: "rename", method: "PUT", path: "/slow.txt", fields: {}, status: 204 },
  ],
  ["read", "rename"],
);
