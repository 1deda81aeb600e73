import { startQueue } from '../sandbox/aws/queue.ts';

// An S3 in a process of its own, so that what it holds is not counted as memory of whoever reads it.
const { url } = await startQueue();
process.send?.(url);
process.on('disconnect', () => process.exit());
