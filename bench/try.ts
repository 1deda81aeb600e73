import { measureHeap } from './heap.ts';
import { measurePathological } from './pathological.ts';
import { measurePeers } from './peers.ts';
import { toTable } from './results.ts';
console.log(toTable(await measurePathological(5)));
console.log(toTable(await measurePeers(7)));
const h = await measureHeap(3);
console.log(toTable([h.result]), h.megabytes);
