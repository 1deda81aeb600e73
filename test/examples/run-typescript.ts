import { createInterface } from 'node:readline';
import type { Context } from 'aws-lambda';
import { handler } from '../../examples/typescript/handler.ts';

const context = { getRemainingTimeInMillis: () => 30_000 } as Context;

for await (const line of createInterface({ input: process.stdin })) {
  try {
    const answer = await handler(JSON.parse(line), context, () => {});
    console.log(JSON.stringify({ answer }));
  } catch (error) {
    console.log(JSON.stringify({ fault: String(error) }));
  }
}
