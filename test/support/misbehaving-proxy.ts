// An HTTPS proxy before a real API server that can misbehave: answer for it, hang, reset, stall
// or cut a watch, hold events back. It counts what comes. The tests of transport, reflector and
// lease use it.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as send } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { type ControlPlane, kubeconfigOf } from './control-plane.ts';
import { endlessly, type Flow, forward } from './proxy-flow.ts';

/** A request as the proxy saw it. */
export interface SeenRequest {
  method: string;
  /** Path and query. */
  path: string;
  isWatch: boolean;
  token: string;
  atMs: number;
}

/** What to do with one request. */
export type Behaviour =
  | { kind: 'pass' }
  /** Answer in the API server's place. */
  | { kind: 'answer'; statusCode: number; body?: unknown; headers?: Record<string, string> }
  /** Answer a watch with these events, and end it. */
  | { kind: 'events'; events: unknown[] }
  /** Break the connection without an answer. */
  | { kind: 'reset' }
  /** Pass the request on, then break the connection instead of handing on the answer. */
  | { kind: 'lose-answer' }
  /** Never answer. */
  | { kind: 'hang' }
  /** Answer 200 to a watch and say nothing more. */
  | { kind: 'stall' }
  /** Pass this many bytes of the answer on and break the connection. */
  | { kind: 'cut'; afterBytes: number };

/** A proxy that listens. */
export interface MisbehavingProxy {
  readonly url: string;
  /** A kubeconfig for the control plane's administrator through this proxy. */
  readonly kubeconfig: string;
  readonly requests: SeenRequest[];
  /** TCP connections that were ever opened. */
  readonly connections: () => number;
  /** Watches that are open now. */
  readonly openWatches: () => number;
  /** Decides what happens to each request from now on; by default it passes. */
  behave(decide: (request: SeenRequest) => Behaviour): void;
  /** Everything passes again. */
  behaveWell(): void;
  /** Open watches stay open and say nothing more. */
  stallWatches(): void;
  /** Breaks every open watch with a reset. */
  resetWatches(): void;
  /** Breaks every open watch in the middle of a line. */
  cutWatches(): void;
  stop(): Promise<void>;
}

interface Passing {
  request: IncomingMessage;
  response: ServerResponse;
  seen: SeenRequest;
  behaviour: Behaviour;
  reset: () => void;
}

const PASS: Behaviour = { kind: 'pass' };

/** Starts a proxy on a free port of 127.0.0.1, with the API server's own certificate. */
export async function startMisbehavingProxy(controlPlane: ControlPlane): Promise<MisbehavingProxy> {
  const proxy = new ControlPlaneProxy(controlPlane);
  await proxy.listen();
  return proxy;
}

class ControlPlaneProxy implements MisbehavingProxy {
  readonly requests: SeenRequest[] = [];
  readonly #controlPlane: ControlPlane;
  readonly #server;
  readonly #upstream: Agent;
  readonly #flows = new Set<Flow>();
  /** The TCP sockets under TLS, by the client's port: only they can send a reset. */
  readonly #sockets = new Map<number | undefined, Socket>();
  #connections = 0;
  #decide: (request: SeenRequest) => Behaviour = () => PASS;

  constructor(controlPlane: ControlPlane) {
    this.#controlPlane = controlPlane;
    const certificates = join(dirname(controlPlane.kubeconfigPath), 'certificates');
    const cert = readFileSync(join(certificates, 'apiserver.crt'));
    const key = readFileSync(join(certificates, 'apiserver.key'));
    this.#upstream = new Agent({ ca: controlPlane.caCertificate, keepAlive: true });
    this.#server = createServer({ cert, key }, (request, response) =>
      this.#handle(request, response),
    );
    this.#server.on('connection', (socket: Socket) => {
      this.#connections += 1;
      this.#sockets.set(socket.remotePort, socket);
      socket.on('close', () => this.#sockets.delete(socket.remotePort));
    });
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get kubeconfig(): string {
    const { caCertificate, adminToken } = this.#controlPlane;
    return kubeconfigOf(this.url, caCertificate, adminToken);
  }

  connections = () => this.#connections;
  openWatches = () => this.#watches().length;

  behave(decide: (request: SeenRequest) => Behaviour): void {
    this.#decide = decide;
  }

  behaveWell(): void {
    this.#decide = () => PASS;
  }

  stallWatches(): void {
    for (const flow of this.#watches()) flow.stall();
  }

  resetWatches(): void {
    for (const flow of this.#watches()) flow.reset();
  }

  cutWatches(): void {
    for (const flow of this.#watches()) flow.cut();
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#upstream.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #watches(): Flow[] {
    return [...this.#flows].filter((flow) => flow.isWatch);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const seen = seenRequest(request);
    this.requests.push(seen);
    response.on('error', () => {});
    const reset = () => this.#sockets.get(request.socket.remotePort)?.resetAndDestroy();
    const behaviour = this.#decide(seen);
    if (behaviour.kind === 'hang') request.resume();
    else if (behaviour.kind === 'reset') reset();
    else if (behaviour.kind === 'answer') answer(request, response, behaviour);
    else if (behaviour.kind === 'events') answerEvents(response, behaviour.events);
    else if (behaviour.kind === 'stall') endlessly(response);
    else this.#pass({ request, response, seen, behaviour, reset });
  }

  #pass({ request, response, seen, behaviour, reset }: Passing): void {
    const { method, headers } = request;
    const target = new URL(request.url ?? '/', this.#controlPlane.serverUrl);
    const outgoing = send(target, { method, headers, agent: this.#upstream }, (incoming) => {
      if (behaviour.kind === 'lose-answer') {
        incoming.resume();
        reset();
        return;
      }
      const limitBytes = behaviour.kind === 'cut' ? behaviour.afterBytes : undefined;
      const flow = forward(incoming, response, { isWatch: seen.isWatch, reset, limitBytes });
      this.#flows.add(flow);
      response.on('close', () => this.#flows.delete(flow));
    });
    outgoing.on('error', reset);
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  }
}

function seenRequest(request: IncomingMessage): SeenRequest {
  const path = request.url ?? '/';
  return {
    method: request.method ?? '',
    path,
    isWatch: path.includes('watch=true'),
    token: (request.headers.authorization ?? '').replace('Bearer ', ''),
    atMs: Date.now(),
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { statusCode, body, headers }: { statusCode: number; body?: unknown; headers?: object },
): void {
  request.resume();
  const status = { kind: 'Status', apiVersion: 'v1', code: statusCode, message: 'by the proxy' };
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? status);
  response.writeHead(statusCode, { 'content-type': 'application/json', ...headers });
  response.end(text);
}

function answerEvents(response: ServerResponse, events: unknown[]): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}
