// One random legal schedule: users, controllers, time, watches, calls and crashes in any order, and
// then calm, in which everything must come to rest as it is asked.
import { ApiError } from '../../../operator/kube/api-errors.ts';
import { Chance } from '../chance.ts';
import { problemsIn } from './end.ts';
import { lost, ModelClient } from './model-client.ts';
import { ModelWorld, turn } from './model-world.ts';

/** What came of a schedule. */
export interface Outcome {
  readonly seed: number;
  readonly steps: readonly string[];
  /** What is wrong; nothing, if all is well. */
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

const PAUSES_MS = [10, 200, 1_000, 10_000, 60_000];
const LAG_MAX = 40;
/** Longer than any pause of the operator: two looks by time, and every backoff. */
const QUIET_MINUTES = 12;
const CALM_MINUTES_MAX = 90;
const REFUSALS = [
  ...([
    [409, 'Conflict'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
  ] as const),
  ...([
    [503, 'ServiceUnavailable'],
    [403, 'Forbidden'],
    [404, 'NotFound'],
  ] as const),
];

/** What was done, or undefined where there was nothing to do it to. */
type Done = string | undefined;

/** Plays the schedule of a seed. */
export async function playSchedule(seed: number, steps: number): Promise<Outcome> {
  const schedule = new Schedule(seed);
  return schedule.play(steps);
}

class Schedule {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #world: ModelWorld;
  readonly #steps: string[] = [];
  readonly #counts: Record<string, number> = {};

  constructor(seed: number) {
    this.#seed = seed;
    this.#chance = new Chance(seed);
    this.#world = new ModelWorld(this.#chance);
  }

  async play(steps: number): Promise<Outcome> {
    const { laws, users } = this.#world;
    this.#steps.push(`user ${users.make()}`);
    while (this.#steps.length <= steps && laws.broken.length === 0) await this.#step();
    const problems = laws.broken.length > 0 ? [] : await this.#calmDown();
    this.#world.client.calmDown();
    await this.#world.operator.kill();
    const outcome = { seed: this.#seed, steps: this.#steps, counts: this.#counts };
    return { ...outcome, problems: [...laws.broken, ...problems] };
  }

  async #step(): Promise<void> {
    const deeds: [weight: number, name: string, deed: () => Done | Promise<Done>][] = [
      [40, 'calls', () => this.#letThrough()],
      [5, 'refusals', () => this.#refuse()],
      [4, 'lost answers', () => this.#lose()],
      [14, 'shown', () => this.#show()],
      [3, 'broken watches', () => this.#breakWatch()],
      [3, 'stale lists', () => this.#expire()],
      [9, 'users', () => `user ${this.#world.users.act(this.#world.client.waiting.size === 0)}`],
      [10, 'controllers', async () => `controllers act: ${await this.#world.act()}`],
      [4, 'pauses', () => this.#pause()],
      [2, 'crashes', () => this.#crash()],
      [1, 'restarts', () => this.#restart()],
    ];
    const lots = deeds.flatMap((deed) => Array.from({ length: deed[0] }, () => deed));
    const [, name, deed] = this.#chance.pick(lots);
    const what = await deed();
    if (what === undefined) return;
    this.#steps.push(what);
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    await turn();
  }

  async #letThrough(): Promise<string | undefined> {
    const { waiting } = this.#world.client;
    const titles: string[] = [];
    if (waiting.size === 0) return undefined;
    for (let left = this.#chance.pick([1, 1, 2, 5, 15, 40]); left > 0; left -= 1) {
      if (waiting.size === 0) break;
      const call = this.#chance.pick([...waiting]);
      titles.push(call.title);
      call.go();
      await turn();
    }
    return `passed: ${titles.join(', ')}`;
  }

  #refuse(): string | undefined {
    const call = this.#anyCall();
    if (call === undefined) return undefined;
    const [status, reason] = this.#chance.pick(REFUSALS);
    const isHeard = status !== 404 && this.#chance.happens(0.7);
    const refusal = new ApiError({ method: 'ANY', path: '/any' }, status, { reason });
    call.go({ instead: isHeard ? refusal : lost() });
    return `refused: ${call.title} (${isHeard ? status : 'lost'})`;
  }

  #lose(): string | undefined {
    const call = this.#anyCall();
    call?.go({ afterwards: lost() });
    return call && `answer lost: ${call.title}`;
  }

  #anyCall() {
    const calls = [...this.#world.client.waiting];
    return calls.length === 0 ? undefined : this.#chance.pick(calls);
  }

  #show(): string | undefined {
    const behind = [...this.#world.client.streams].filter((stream) => stream.isBehind());
    if (behind.length === 0) return undefined;
    const stream = this.#chance.pick(behind);
    const changes = this.#chance.pick([1, 1, 2, Number.POSITIVE_INFINITY]);
    stream.show(changes);
    return `shown: ${stream.type.kind}, ${changes}`;
  }

  #breakWatch(): string | undefined {
    const stream = this.#anyStream();
    stream?.break(lost());
    return stream && `watch broken: ${stream.type.kind}`;
  }

  /** The watch begins anew with a list, which may be as of before. */
  #expire(): string | undefined {
    const stream = this.#anyStream();
    if (stream === undefined) return undefined;
    const lag = this.#chance.below(LAG_MAX);
    this.#world.client.lag = lag;
    const status = { reason: 'Expired' };
    stream.break(new ApiError({ method: 'WATCH', path: '/any' }, 410, status));
    return `watch expired: ${stream.type.kind}; lists are ${lag} behind`;
  }

  #anyStream() {
    const streams = [...this.#world.client.streams];
    return streams.length === 0 ? undefined : this.#chance.pick(streams);
  }

  async #pause(): Promise<string> {
    const pauseMs = this.#chance.pick(PAUSES_MS);
    await this.#world.clock.advance(pauseMs);
    return `${pauseMs} ms pass`;
  }

  /** What is on its way may arrive; no answer does. */
  async #crash(): Promise<string> {
    const { client, operator } = this.#world;
    const arrived = [...client.waiting].filter(() => this.#chance.happens(0.5));
    operator.client.die();
    client.isCalm = true;
    for (const call of client.waiting) call.go(arrived.includes(call) ? {} : { instead: lost() });
    await operator.stop();
    this.#beginAnew();
    return `crash; arrived all the same: ${arrived.map(({ title }) => title).join(', ')}`;
  }

  async #restart(): Promise<string> {
    const { client, operator } = this.#world;
    client.calmDown();
    await operator.stop();
    this.#beginAnew();
    return 'restart';
  }

  /** The next life may be served by an API server that lags. */
  #beginAnew(): void {
    const client = new ModelClient(this.#world.api);
    if (this.#chance.happens(0.5)) client.lag = this.#chance.below(LAG_MAX);
    this.#world.begin(client);
  }

  /** Nothing goes wrong any more: all must come to rest, and stay so, in this life and the next. */
  async #calmDown(): Promise<string[]> {
    const { client, users } = this.#world;
    users.mend();
    client.calmDown();
    if (!(await this.#comesToRest())) return ['it does not come to rest'];
    const problems = await problemsIn(this.#world);
    await this.#world.operator.stop();
    const calm = new ModelClient(this.#world.api);
    calm.calmDown();
    const writes = this.#world.writes;
    this.#world.begin(calm);
    await this.#settle();
    await this.#world.pass(1);
    const more = this.#world.writes - writes;
    return more === 0 ? problems : [...problems, `the next life writes ${more} times`];
  }

  async #comesToRest(): Promise<boolean> {
    let quietMinutes = 0;
    for (let minute = 0; minute < CALM_MINUTES_MAX; minute += 1) {
      const { writes } = this.#world;
      await this.#settle();
      await this.#world.pass(1);
      await this.#settle();
      quietMinutes = this.#world.writes === writes ? quietMinutes + 1 : 0;
      if (quietMinutes === QUIET_MINUTES) return true;
    }
    return false;
  }

  /** Everybody acts until all are at rest. */
  async #settle(): Promise<void> {
    do {
      await turn();
      for (const stream of this.#world.client.streams) if (stream.isBehind()) stream.show();
      await turn();
    } while (await this.#world.act());
  }
}
