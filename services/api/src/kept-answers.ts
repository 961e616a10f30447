// Answers that no worker has put into Redis under their own ID, written there some at a time: one by
// one each waited for the disk, and the cache answered 0.65 of what Fastify alone could, not 0.78.
import {
  type Answer,
  encodePrediction,
  inTime,
  type Keys,
  REMEMBER,
  type Redis,
  runScript,
} from '@synset/shared';

/** KEYS predictions, their IDs, records. ARGV the records' TTL; job, value and prediction of each. */
const KEEP = `#!lua
${REMEMBER}
for i = 3, #KEYS do
  local job, value, prediction = unpack(ARGV, 3 * i - 7, 3 * i - 5)
  redis.call('SET', KEYS[i], value, 'EX', ARGV[1])
  remember(KEYS[1], KEYS[2], job, prediction)
end`;

const GATHER_MS = 10;

export class KeptAnswers {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #ttlS: number;
  #gathered: Answer[] = [];

  constructor(redis: Redis, keys: Keys, ttlS: number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#ttlS = ttlS;
  }

  /** A comfort: it may fail. */
  keep(answer: Answer): void {
    if (this.#gathered.push(answer) === 1) setTimeout(() => this.#write(), GATHER_MS);
  }

  #write(): void {
    const answers = this.#gathered;
    this.#gathered = [];
    const { result, predictions, predictionIds } = this.#keys;
    const records = answers.map(({ jobId }) => result(jobId));
    const values = answers.flatMap((answer) => [
      ...[answer.jobId, JSON.stringify(answer), encodePrediction(answer)],
    ]);
    const keys = [predictions, predictionIds, ...records];
    const kept = runScript(this.#redis, KEEP, keys, [this.#ttlS, ...values]);
    inTime(this.#redis, kept).catch(() => {});
  }
}
