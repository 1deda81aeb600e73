// What `import … from 'messagemedia-webhook-receiver'` has.
// biome-ignore-all lint/performance/noBarrelFile: an app has one import for all constructs, as from aws-cdk-lib
export type { FailureReason, RefusalReason } from '../lambda/contract.ts';
export { type ApiCallerOptions, ApiCredentials, type IApiCaller } from './api-credentials.ts';
export { Archive, type ArchiveProps } from './archive/archive.ts';
export { ArchiveBucket, type ArchiveBucketProps, type ArchiveLock } from './archive/archive-bucket.ts';
export { ArchiveStreams, type ArchiveStreamsProps } from './archive/archive-streams.ts';
export type { EncryptionOptions } from './data-stores.ts';
export { EventQueue, type EventQueueProps } from './event-queue.ts';
export { AccessLog, type AccessLogProps } from './front-door/access-log.ts';
export type { CustomDomainOptions, DomainMappingOptions } from './front-door/custom-domain.ts';
export type { IFrontDoor, IFrontDoorStage } from './front-door/front-door.ts';
export type { RestFrontDoorOptions } from './front-door/rest-front-door.ts';
export { KeyRotation, type KeyRotationProps } from './key-rotation.ts';
export { Keyring } from './keyring.ts';
export type { LogOptions } from './log-group.ts';
export { Monitoring } from './monitoring/monitoring.ts';
export type { MonitoringProps } from './monitoring/watch.ts';
export type { ReceiverOutputsOptions } from './outputs.ts';
export { OverflowBucket } from './overflow-bucket.ts';
export { Reconciliation, type ReconciliationProps } from './reconciliation.ts';
export { WebhookReceiver, type WebhookReceiverProps } from './webhook-receiver.ts';
