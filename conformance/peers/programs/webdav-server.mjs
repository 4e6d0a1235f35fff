// Serves argv[2] on 127.0.0.1:argv[3] with webdav-server.
import webdav from "webdav-server";

const [, , root, port] = process.argv;
const { v2 } = webdav;
const server = new v2.WebDAVServer({
  hostname: "127.0.0.1",
  port: Number(port),
  requireAuthentification: false,
});
server.setFileSystem("/", new v2.PhysicalFileSystem(root), () => server.start(() => undefined));
