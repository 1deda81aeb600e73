import { invalid } from './context.ts';
import type { Settings } from './settings.ts';

/** Each rule, with the settings that decide it. A wrong value reads as the default, from which nothing follows. */
const rules: readonly [readonly (keyof Settings)[], (settings: Settings) => Iterable<string>][] = [
  [['reconcileMinutes'], ofReconciliation],
  [['frontDoor'], ofFrontDoor],
  [['domainName', 'certificateArn'], ofDomain],
  [['archiveDays'], ofArchive],
];

/** What is wrong with settings that exclude each other. @param wrong names of the settings that are wrong in themselves */
export function combinationProblems(settings: Settings, wrong: ReadonlySet<string>): string[] {
  return rules
    .filter(([deciding]) => !deciding.some((name) => wrong.has(name)))
    .flatMap(([, problemsOf]) => [...problemsOf(settings)]);
}

function* ofFrontDoor(settings: Settings): Generator<string> {
  const { callbackPath, frontDoor, webAclArn, allowedIps } = settings;
  if (frontDoor === 'rest' && callbackPath.includes('~')) {
    yield invalid('callbackPath', callbackPath, 'without ~, or used with frontDoor=http: a REST API does not take ~');
  }
  if (frontDoor === 'http') {
    const onlyRest = 'left out, or used with frontDoor=rest: an HTTP API has neither WAF nor an IP allow list';
    if (webAclArn !== undefined) yield invalid('webAclArn', webAclArn, onlyRest);
    if (allowedIps !== undefined) yield invalid('allowedIps', allowedIps.join(','), onlyRest);
  }
}

function* ofDomain({ domainName, certificateArn, hostedZoneId }: Settings): Generator<string> {
  if (domainName === undefined) {
    const onlyDomain = 'left out, or used with domainName';
    if (certificateArn !== undefined) yield invalid('certificateArn', certificateArn, onlyDomain);
    if (hostedZoneId !== undefined) yield invalid('hostedZoneId', hostedZoneId, onlyDomain);
  } else if (certificateArn === undefined) {
    yield invalid('domainName', domainName, 'used with certificateArn, the ARN of its ACM certificate');
  }
}

function* ofReconciliation({ reconcileMinutes, reconcileConfirm }: Settings): Generator<string> {
  if (reconcileMinutes > 0 && reconcileMinutes < 5) {
    yield invalid('reconcileMinutes', String(reconcileMinutes), '0 for none, or 5 to 1440: a run may take 5 minutes');
  }
  if (reconcileConfirm && reconcileMinutes === 0) {
    yield invalid('reconcileConfirm', 'true', 'left out, or used with reconcileMinutes');
  }
}

function* ofArchive({ archiveDays, archiveLock }: Settings): Generator<string> {
  if (archiveLock !== 'off' && archiveDays === 0) {
    yield invalid('archiveLock', archiveLock, 'left out, or used with archiveDays');
  }
}
