import type { Proof } from './proof.ts';
import { archive } from './proofs/archive.ts';
import { archiveErasure } from './proofs/archive-erasure.ts';
import { consumer } from './proofs/consumer.ts';
import { deployment } from './proofs/deployment.ts';
import { destruction } from './proofs/destruction.ts';
import { diagnosis } from './proofs/diagnosis.ts';
import { fanOut } from './proofs/fan-out.ts';
import { large } from './proofs/large.ts';
import { load } from './proofs/load.ts';
import { outage } from './proofs/outage.ts';
import { readme } from './proofs/readme.ts';
import { recovery } from './proofs/recovery.ts';
import { failedDeployment, restoration } from './proofs/restoration.ts';
import { upgrade } from './proofs/upgrade.ts';
import { verification } from './proofs/verification.ts';
import { withoutCdk } from './proofs/without-cdk.ts';

/** All proofs, in order. Each proof finds the stack as the previous one left it, with an empty queue. */
export const proofs: readonly Proof[] = [
  ...deployment,
  ...verification,
  large,
  load,
  ...archiveErasure,
  readme,
  consumer,
  ...outage,
  ...diagnosis,
  upgrade,
  ...recovery,
  ...archive,
  fanOut,
  destruction,
  restoration,
  failedDeployment,
  withoutCdk,
];

/** The first proofs, which lead to a stack that accepts webhooks. */
export const firstProofs: readonly Proof[] = [...deployment, ...verification];
