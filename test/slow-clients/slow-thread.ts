// A thread of slow clients: says when all are connected, and at the end how they fared.
// Next: `slow-clients.ts`.
import { parentPort, workerData } from 'node:worker_threads';
import { startSlowClients } from './slow-clients.ts';

const { port, count } = workerData as { port: number; count: number };
const clients = startSlowClients(port, count);

const look = setInterval(() => {
  if (clients.connected() < count) return;
  clearInterval(look);
  parentPort?.postMessage('connected');
}, 20);

parentPort?.once('message', () => {
  parentPort?.postMessage({ connected: clients.connected(), cutOff: clients.cutOff });
  clients.stop();
});
