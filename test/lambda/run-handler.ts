import { createInterface } from 'node:readline';

/**
 * Runs the receiver as Lambda does, in a process that can be frozen: its source, or the bundle that is named. Each input line
 * is an event, each output line its answer.
 */
const { handler } = await import(process.argv[2] ?? '../../lambda/handler.ts');
console.log('initialised');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify({ answer: await handler(JSON.parse(line)) }));
}
