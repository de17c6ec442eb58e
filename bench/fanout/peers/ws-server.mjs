// Node's `ws`: what most teams would write. Sends each message of a ?pub client to every other client.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: Number(process.argv[2]), host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket, request) => {
  socket.pub = request.url.includes("?pub");
  socket.on("message", (data) => {
    for (const client of server.clients) {
      if (!client.pub && client.readyState === 1) client.send(data, { binary: false });
    }
  });
});
