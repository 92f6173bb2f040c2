// The open loop as a process of its own, on a core of its own; prints its result as JSON.
// Next: `steady-loop.ts`.
import { readFileSync } from 'node:fs';
import { readRequests } from './requests.ts';
import { runSteadily } from './steady-loop.ts';

const [origin = '', file = '', ...numbers] = process.argv.slice(2);
const [perSecond = 0, seconds = 0, warmUpSeconds = 0, connections = 0] = numbers.map(Number);
const { hostname: host, port } = new URL(origin);
const requests = readRequests(readFileSync(file));
const rate = { perSecond, seconds, warmUpSeconds, connections };
const result = await runSteadily({ host, port: Number(port), requests, ...rate });
process.stdout.write(`${JSON.stringify(result)}\n`);
