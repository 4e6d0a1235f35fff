// Serves argv[2] on 127.0.0.1:argv[3] with nephele.
import adapter from "@nephele/adapter-file-system";
import authenticator from "@nephele/authenticator-none";
import express from "express";
import nephele from "nephele";

const [, , root, port] = process.argv;
const Adapter = adapter.default ?? adapter;
const Authenticator = authenticator.default ?? authenticator;
const app = express();
const serve = nephele.default ?? nephele;
app.use("/", serve({ adapter: new Adapter({ root }), authenticator: new Authenticator(), plugins: [] }));
app.listen(Number(port), "127.0.0.1");
