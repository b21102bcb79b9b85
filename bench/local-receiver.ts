// Takes whatever is posted to it, in a process of its own: what receiving costs must not count. Says where it listens.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

let requests = 0;
let bytes = 0;
const server = createServer((request, response) => {
  request.on('data', (part: Buffer) => (bytes += part.byteLength));
  request.on('end', () => {
    requests += 1;
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().on('end', () => {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ requests, bytes, cpuMs: Math.round((user + system) / 1000) }));
  process.exit(0);
});
