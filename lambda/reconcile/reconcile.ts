import { type List, reconcileList } from './reconcile-list.ts';
import type {
  ReconciliationCounts,
  ReconciliationDependencies,
  ReconciliationOptions,
  ReconciliationResult,
} from './reconciliation-run.ts';

/**
 * Queues the delivery reports and replies at MessageMedia whose webhook did not arrive, one after the other, oldest first.
 * It never rejects: failures are in the result.
 */
export async function reconcile(
  dependencies: ReconciliationDependencies,
  options: ReconciliationOptions,
): Promise<ReconciliationResult> {
  const { provider } = dependencies;
  const notes = new Set<string>();
  const errors: unknown[] = [];
  const run = async (list: List) => {
    const counts: ReconciliationCounts = {
      ...{ listed: 0, recovered: 0, unlogged: 0, known: 0, younger: 0, older: 0, left: 0, confirmed: 0, failed: 0 },
    };
    const failed = (error: unknown) => errors.push(error);
    await reconcileList({ ...dependencies, ...options, list, counts, note: (text) => notes.add(text), failed }).catch(
      failed,
    );
    return counts;
  };
  // Replies come first, because there may be more reports than there is time for.
  const replies = await run({
    kind: 'reply',
    name: 'replies',
    read: () => provider.checkReplies(),
    confirmIds: (ids) => provider.confirmReplies(ids),
  });
  const deliveryReports = await run({
    kind: 'deliveryReport',
    name: 'delivery reports',
    read: () => provider.checkDeliveryReports(),
    confirmIds: (ids) => provider.confirmDeliveryReports(ids),
  });
  return { deliveryReports, replies, notes: [...notes], errors };
}
