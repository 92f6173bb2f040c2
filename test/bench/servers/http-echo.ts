// The floor under every Node server: node:http alone, which reads a JSON body and answers; a PUT
// leaves the value that every POST gets. No checks, no store.
// Started by `../peers/echo.ts`.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const port = Number(process.argv[2]);
let value = '';

function receive(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(request, response, Buffer.concat(chunks)));
}

function answer(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const body = bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
  if (request.method === 'PUT') value = body.value;
  const text = JSON.stringify(request.method === 'POST' ? { value } : { status: 'success' });
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

createServer(receive).listen(port, '127.0.0.1');
