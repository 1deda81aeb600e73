import { isObject } from '../../lambda/guards.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { type Checkup, type Finding, problem } from './checkup.ts';
import { readLogEnd } from './read-log.ts';

/** In hours. Runs are at most a day apart, and take 5 minutes. */
const longestPause = 25;

/** The lists by their names in the log. */
const lists = { deliveryReports: 'delivery reports', replies: 'replies' };

/** Did a reconciliation end lately, and does a list hide events from it? */
export async function* checkReconciliation({ stack, outputOf }: Checkup): AsyncGenerator<Finding, void> {
  const logGroup = outputOf(outputs.reconciliationLogGroup);
  if (logGroup === undefined) return;
  const { entries } = await readLogEnd(logGroup, '{ $.message = "reconciled" }', { ages: [longestPause * 3_600_000] });
  const last = entries.at(-1);
  if (last === undefined) {
    const look = `aws logs tail ${logGroup} --since 2d`;
    const title = `No reconciliation ended in the last ${longestPause} hours`;
    return yield problem.warning(title, 'Events whose webhook is lost are not recovered.', look);
  }
  const take = `npx mmw reconcile --stack ${stack} --confirm`;
  yield `Last reconciliation ${new Date(last.at).toISOString()}`;
  for (const [name, words] of Object.entries(lists)) {
    const counts = last.fields[name];
    if (!isObject(counts)) continue;
    if (counts.full === true) {
      const hidden = 'It hides newer ones, which cannot be recovered until it is emptied.';
      yield problem.warning(`MessageMedia's list of ${words} is full`, hidden, take);
    }
    if (Number(counts.left) > 0) {
      const unknown = 'They are older than the log, so it is not known whether they arrived.';
      yield problem.warning(`${counts.left} ${words} were left`, unknown, take);
    }
  }
}
