// What `import … from 'messagemedia-webhook-receiver'` has.
// biome-ignore-all lint/performance/noBarrelFile: an app has one import for all constructs, as from aws-cdk-lib
export { KeyRotation, type KeyRotationProps } from './key-rotation.ts';
export { Monitoring } from './monitoring/monitoring.ts';
export type { MonitoringProps } from './monitoring/watch.ts';
export { WebhookReceiver, type WebhookReceiverProps } from './webhook-receiver.ts';
