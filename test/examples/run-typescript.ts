import { registerHooks } from 'node:module';
import { createInterface } from 'node:readline';
import type { Context } from 'aws-lambda';

// In place of the example's own, with effects that can be bad.
const { ON_EVENT } = process.env;
if (ON_EVENT !== undefined)
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === './on-event.ts' ? { url: ON_EVENT, shortCircuit: true } : next(specifier, context),
  });
const { handler } = await import('../../examples/typescript/handler.ts');
console.log('{"ready":true}');

for await (const line of createInterface({ input: process.stdin })) {
  const begun = Date.now();
  const { milliseconds = 30_000, behaviours = {}, ...event } = JSON.parse(line);
  Object.assign(globalThis, { behaviours });
  const context = { getRemainingTimeInMillis: () => Math.max(begun + milliseconds - Date.now(), 0) } as Context;
  try {
    const answer = await handler(event, context, () => {});
    console.log(JSON.stringify({ answer }));
  } catch (error) {
    console.log(JSON.stringify({ fault: String(error) }));
  }
}
