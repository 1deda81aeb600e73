import { invalid } from './context.ts';
import type { Settings } from './settings.ts';

/** Rejects settings that do not go together. @throws {SettingError} */
export function rejectCombinations(settings: Settings): void {
  rejectReconciliation(settings);
  rejectFrontDoor(settings);
  rejectDomain(settings);
}

function rejectFrontDoor(settings: Settings): void {
  const { callbackPath, frontDoor, webAclArn, allowedIps } = settings;
  if (frontDoor === 'rest' && callbackPath.includes('~')) {
    throw invalid('callbackPath', callbackPath, 'without ~, or used with frontDoor=http: a REST API takes none');
  }
  if (frontDoor === 'http') {
    const onlyRest = 'left out, or used with frontDoor=rest: an HTTP API has neither WAF nor an IP allow list';
    if (webAclArn !== undefined) throw invalid('webAclArn', webAclArn, onlyRest);
    if (allowedIps !== undefined) throw invalid('allowedIps', allowedIps.join(','), onlyRest);
  }
}

function rejectDomain({ domainName, certificateArn, hostedZoneId }: Settings): void {
  if (domainName === undefined) {
    const onlyDomain = 'left out, or used with domainName';
    if (certificateArn !== undefined) throw invalid('certificateArn', certificateArn, onlyDomain);
    if (hostedZoneId !== undefined) throw invalid('hostedZoneId', hostedZoneId, onlyDomain);
  } else if (certificateArn === undefined) {
    throw invalid('domainName', domainName, 'used with certificateArn, the ARN of its ACM certificate');
  }
}

function rejectReconciliation({ reconcileMinutes, reconcileConfirm }: Settings): void {
  if (reconcileMinutes > 0 && reconcileMinutes < 5) {
    throw invalid('reconcileMinutes', String(reconcileMinutes), '0 for none, or 5 to 1440: a run may take 5 minutes');
  }
  if (reconcileConfirm && reconcileMinutes === 0) {
    throw invalid('reconcileConfirm', 'true', 'left out, or used with reconcileMinutes');
  }
}
