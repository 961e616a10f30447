// `make fuzz`: sends broken photos, forms, headers and bytes, and sees that nothing but them suffers.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsOrExit } from '@synset/shared';
import { runCommand, say } from './command.ts';
import { DATA } from './data.ts';
import { readConfig } from './fuzz/config.ts';
import { run } from './fuzz/run.ts';
import { judgeRun } from './fuzz/run-rules.ts';
import type { Finding } from './fuzz/sending.ts';
import { tableOf } from './fuzz/table.ts';

/** Lines of breaches of one kind: the rest is more of the same. */
const MOST_SAID = 10;

const config = settingsOrExit('synset fuzz', readConfig);

/** Says how to send the request again, and keeps its bytes. */
async function sayFinding({ rule, detail, request }: Finding): Promise<void> {
  const { number, kind, bytes } = request;
  const folder = join(DATA, 'fuzz');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${config.SEED}-${number}.bin`);
  await writeFile(file, bytes);
  say(
    `BREACH ${rule}: ${detail}\n  ${kind}; again: make fuzz SEED=${config.SEED} ONLY=${number}; ${file}`,
  );
}

await runCommand('fuzz', async (closing) => {
  const command = `make fuzz SEED=${config.SEED} COUNT=${config.COUNT}`;
  say(`${command}   repeats this run`);
  const folder = await mkdtemp(join(tmpdir(), 'synset-fuzz-'));
  let kept = false;
  closing.defer(() => rm(kept ? join(folder, 'redis') : folder, { recursive: true, force: true }));
  const { sending, evidence, ms } = await run({ config, folder, closing, say });
  const breaches = judgeRun(evidence);
  say(`\n${command}\n\n${tableOf({ sending, evidence, ms })}\n`);
  const byRule = Map.groupBy(sending.findings, ({ rule }) => rule);
  for (const findings of byRule.values()) {
    for (const finding of findings.slice(0, MOST_SAID)) await sayFinding(finding);
    const more = findings.length - MOST_SAID;
    if (more > 0) say(`  and ${more} more`);
  }
  for (const { rule, detail } of breaches) say(`BREACH ${rule}: ${detail}`);
  if (breaches.length + sending.findings.length === 0) return;
  kept = true;
  say(`The services' logs: ${folder}`);
  process.exitCode = 1;
});
