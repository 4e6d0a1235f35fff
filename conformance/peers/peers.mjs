// @ts-check
import { apache } from "./apache.mjs";
import { lighttpd } from "./lighttpd.mjs";
import { nephele } from "./nephele.mjs";
import { nginx } from "./nginx.mjs";
import { rclone } from "./rclone.mjs";
import { webdavServer } from "./webdav-server.mjs";

/** The other servers that the client is tried on, and that the server is measured against. @type {readonly import("./peer.mjs").Peer[]} */
export const peers = [apache(), lighttpd, nginx, rclone, nephele, webdavServer];
